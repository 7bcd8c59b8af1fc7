import { DEFAULT_TENANT, derivedId, newId, TenantId } from '@comanda/contracts';
import { Body, Controller, Headers, Inject, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { CUSTOMER_SCOPES } from '../auth/scopes.js';
import { createdAt, customerId } from '../description/examples.js';
import { named } from '../description/named.js';
import { CountedIn } from '../limits/counted-in.js';
import { Problem } from '../problems/problem.js';
import { invalidFields } from '../problems/validation.js';
import { API } from '../routes/api.js';
import { idempotencyKeyOf, keyReused } from '../routes/idempotency-key.js';
import { Operation } from '../routes/operation.js';
import { Account, Accounts } from './accounts.js';
import { Email, NewPassword } from './credentials.js';
import { Guesses } from './guesses.js';
import { inTurn } from './password-turns.js';
import { fitOf, hashPassword } from './passwords.js';
import { Tenants } from './tenants.js';

const email = 'name@example.org';
const Registration = named(
  'Registration',
  z.strictObject({ tenant: TenantId.default(DEFAULT_TENANT), email: Email, password: NewPassword }),
  { email, password: 'correct horse battery' },
);
type Registration = z.infer<typeof Registration>;
export const Registered = named('RegisteredAccount', Account.omit({ tenantId: true, scopes: true }), {
  accountId: customerId,
  email,
  role: 'customer',
  createdAt,
});
type Registered = z.infer<typeof Registered>;

/**
 * Makes accounts. Nobody is known yet who could have used a key before, and a hash of the body would be one of the
 * password, made to be quick. So the account itself remembers: its id is derived from the Idempotency-Key.
 */
@ApiTags('auth')
@Controller(`${API}/auth`)
@CountedIn('auth')
export class RegistrationController {
  constructor(
    @Inject(Accounts) private readonly accounts: Accounts,
    @Inject(Tenants) private readonly tenants: Tenants,
    @Inject(Guesses) private readonly guesses: Guesses,
  ) {}

  @Post('register')
  @Operation({
    id: 'register',
    summary: 'Make an account for a customer',
    description: 'An Idempotency-Key belongs to the tenant and the e-mail address.',
    access: 'log-in',
    status: 201,
    result: Registered,
    problems: { 409: ['EMAIL_TAKEN'], 429: ['TOO_MANY_FAILURES', 'TOO_MANY_LOG_INS'] },
    idempotent: 'by-itself',
  })
  async register(
    @Body({ schema: Registration }) registration: Registration,
    @Headers('idempotency-key') header: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Registered> {
    const { tenant: tenantId, email, password } = registration;
    const key = idempotencyKeyOf(header);
    if (!(await this.tenants.has(tenantId)))
      throw invalidFields([{ path: 'tenant', message: 'there is no tenant of this name' }]);
    const account = {
      accountId: key === undefined ? newId() : derivedId(tenantId, email, 'account', key),
      email,
      role: 'customer' as const,
      createdAt: new Date().toISOString(),
    };
    const passwordHash = await inTurn(() => hashPassword(password));
    if (await this.accounts.add({ ...account, tenantId, scopes: CUSTOMER_SCOPES, passwordHash }))
      return account;
    const made = await this.#madeBefore(registration, account.accountId);
    if (!made)
      throw new Problem(409, 'EMAIL_TAKEN', 'There is an account with this e-mail address. Log in instead.');
    reply.header('idempotent-replayed', 'true');
    return made;
  }

  /** The account, if it is this very request that made it; throws when the request came with another password. */
  async #madeBefore(
    { tenant: tenantId, email, password }: Registration,
    accountId: string,
  ): Promise<Registered | undefined> {
    const account = await this.accounts.find(tenantId, email);
    if (account?.accountId !== accountId) return undefined;
    // Who knows the key may guess no faster than who logs in.
    const same = await this.guesses.guess(
      { tenantId, email },
      async () => (await fitOf(account.passwordHash, password)) !== 'differs',
    );
    if (!same) throw keyReused();
    return Registered.parse(account);
  }
}

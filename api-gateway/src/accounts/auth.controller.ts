import { DEFAULT_TENANT, newId, TenantId } from '@comanda/contracts';
import { Body, Controller, Inject, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { AccessTokens } from '../auth/access-tokens.js';
import { CUSTOMER_SCOPES } from '../auth/scopes.js';
import { CountedIn } from '../limits/counted-in.js';
import { Problem } from '../problems/problem.js';
import { invalidFields } from '../problems/validation.js';
import { API } from '../routes/api.js';
import { Operation } from '../routes/operation.js';
import { Account, Accounts } from './accounts.js';
import { Email, NewPassword, Password } from './credentials.js';
import { Guesses } from './guesses.js';
import { inTurn } from './password-turns.js';
import { fitOf, hashPassword } from './passwords.js';
import { Tenants } from './tenants.js';

const tenant = TenantId.default(DEFAULT_TENANT);
const LogIn = z.strictObject({ tenant, email: Email, password: Password });
const Register = z.strictObject({ tenant, email: Email, password: NewPassword });
const AccessToken = z.object({
  accessToken: z.string(),
  tokenType: z.literal('Bearer'),
  expiresIn: z.number().int().describe('Seconds'),
});
export const Registered = Account.omit({ tenantId: true, scopes: true });

@ApiTags('auth')
@Controller(`${API}/auth`)
@CountedIn('auth')
export class AuthController {
  constructor(
    @Inject(Accounts) private readonly accounts: Accounts,
    @Inject(AccessTokens) private readonly tokens: AccessTokens,
    @Inject(Tenants) private readonly tenants: Tenants,
    @Inject(Guesses) private readonly guesses: Guesses,
  ) {}

  @Post('token')
  @Operation({
    summary: 'Log in',
    access: 'log-in',
    result: AccessToken,
    problems: { 401: 'Tenant, e-mail address or password are wrong, or the account is closed' },
  })
  async token(@Body({ schema: LogIn }) { tenant, email, password }: z.infer<typeof LogIn>) {
    const account = await this.accounts.find(tenant, email);
    const right = await this.guesses.guess({ tenantId: tenant, email }, async () => {
      const fit = await fitOf(account?.passwordHash, password);
      if (fit === 'differs' || account?.closedAt !== null) return false;
      if (fit === 'fits-as-typed') await this.accounts.rehash(account, await hashPassword(password));
      return true;
    });
    // Neither the answer nor the time it takes must reveal which of them was wrong, or that the account is closed.
    if (!account || !right)
      throw new Problem(
        401,
        'WRONG_CREDENTIALS',
        'The tenant, the e-mail address or the password is wrong.',
        { headers: { 'www-authenticate': 'Bearer realm="comanda"' } },
      );
    return { tokenType: 'Bearer', ...(await this.tokens.issue(account)) };
  }

  @Post('register')
  @Operation({
    summary: 'Make an account for a customer',
    access: 'log-in',
    status: 201,
    result: Registered,
    problems: { 409: 'There is an account with this e-mail address' },
  })
  async register(@Body({ schema: Register }) { tenant, email, password }: z.infer<typeof Register>) {
    if (!(await this.tenants.has(tenant)))
      throw invalidFields([{ path: 'tenant', message: 'there is no tenant of this name' }]);
    const account = {
      accountId: newId(),
      email,
      role: 'customer' as const,
      createdAt: new Date().toISOString(),
    };
    const passwordHash = await inTurn(() => hashPassword(password));
    const added = await this.accounts.add({
      ...{ ...account, tenantId: tenant, scopes: CUSTOMER_SCOPES },
      passwordHash,
    });
    if (!added)
      throw new Problem(409, 'EMAIL_TAKEN', 'There is an account with this e-mail address. Log in instead.');
    return account;
  }
}

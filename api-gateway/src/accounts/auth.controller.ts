import { DEFAULT_TENANT, TenantId } from '@comanda/contracts';
import { Body, Controller, Inject, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { AccessTokens } from '../auth/access-tokens.js';
import { named } from '../description/named.js';
import { CountedIn } from '../limits/counted-in.js';
import { Problem } from '../problems/problem.js';
import { API } from '../routes/api.js';
import { Operation } from '../routes/operation.js';
import { Accounts } from './accounts.js';
import { Email, Password } from './credentials.js';
import { Guesses } from './guesses.js';
import { fitOf, hashPassword } from './passwords.js';

const tenant = TenantId.default(DEFAULT_TENANT);
const LogIn = named('LogIn', z.strictObject({ tenant, email: Email, password: Password }), {
  email: 'name@example.org',
  password: 'correct horse battery',
});
const AccessToken = named(
  'AccessToken',
  z.object({
    accessToken: z.string(),
    tokenType: z.literal('Bearer'),
    expiresIn: z.number().int().describe('Seconds'),
  }),
  { accessToken: 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIwMTkyIn0.c2ln', tokenType: 'Bearer', expiresIn: 3600 },
);
@ApiTags('auth')
@Controller(`${API}/auth`)
@CountedIn('auth')
export class AuthController {
  constructor(
    @Inject(Accounts) private readonly accounts: Accounts,
    @Inject(AccessTokens) private readonly tokens: AccessTokens,
    @Inject(Guesses) private readonly guesses: Guesses,
  ) {}

  @Post('token')
  @Operation({
    id: 'logIn',
    summary: 'Log in',
    access: 'log-in',
    result: AccessToken,
    problems: { 401: ['WRONG_CREDENTIALS'], 429: ['TOO_MANY_FAILURES', 'TOO_MANY_LOG_INS'] },
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
}

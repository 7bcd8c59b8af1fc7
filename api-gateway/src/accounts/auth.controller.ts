import { DEFAULT_TENANT, newId } from '@comanda/contracts';
import { Body, Controller, Inject, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { AccessTokens } from '../auth/access-tokens.js';
import { CountedIn } from '../limits/counted-in.js';
import { Problem } from '../problems/problem.js';
import { API } from '../routes/api.js';
import { Operation } from '../routes/operation.js';
import { Account, Accounts, Email } from './accounts.js';
import { Guesses } from './guesses.js';
import { inTurn } from './password-turns.js';
import { hashPassword, passwordFits } from './passwords.js';

const LongestPassword = z.string().max(200);
const LogIn = z.strictObject({ email: Email, password: LongestPassword.min(1) });
const Register = z.strictObject({
  email: Email,
  password: LongestPassword.min(8, 'must have at least 8 characters'),
});
const AccessToken = z.object({
  accessToken: z.string(),
  tokenType: z.literal('Bearer'),
  expiresIn: z.number().int().describe('Seconds'),
});
const Registered = Account.omit({ tenantId: true });

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
    summary: 'Log in',
    access: 'log-in',
    result: AccessToken,
    problems: { 401: 'E-mail address or password are wrong' },
  })
  async token(@Body({ schema: LogIn }) { email, password }: z.infer<typeof LogIn>) {
    const account = await this.accounts.find(DEFAULT_TENANT, email);
    const fits = await this.guesses.guess({ tenantId: DEFAULT_TENANT, email }, () =>
      passwordFits(account?.passwordHash, password),
    );
    // The answer must not reveal which of the two was wrong.
    if (!account || !fits)
      throw new Problem(401, 'WRONG_CREDENTIALS', 'The e-mail address or the password is wrong.', {
        headers: { 'www-authenticate': 'Bearer realm="comanda"' },
      });
    return { tokenType: 'Bearer', ...this.tokens.issue(account) };
  }

  @Post('register')
  @Operation({
    summary: 'Make an account for a customer',
    access: 'log-in',
    status: 201,
    result: Registered,
    problems: { 409: 'There is an account with this e-mail address' },
  })
  async register(@Body({ schema: Register }) { email, password }: z.infer<typeof Register>) {
    const account = {
      accountId: newId(),
      email,
      role: 'customer' as const,
      createdAt: new Date().toISOString(),
    };
    const passwordHash = await inTurn(() => hashPassword(password));
    const added = await this.accounts.add({ ...account, tenantId: DEFAULT_TENANT, passwordHash });
    if (!added)
      throw new Problem(409, 'EMAIL_TAKEN', 'There is an account with this e-mail address. Log in instead.');
    return account;
  }
}

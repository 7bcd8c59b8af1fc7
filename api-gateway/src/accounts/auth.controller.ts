import { DEFAULT_TENANT, TenantId } from '@comanda/contracts';
import { Body, Controller, Inject, Post, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
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
import { fitOf, hashPassword, markOf } from './passwords.js';
import { refreshCookie, requireOwnOrigin } from './refresh-cookie.js';
import { textOf } from './refresh-token.js';
import { AccessToken, sessionAnswer } from './session-answer.js';
import { Sessions } from './sessions.js';

const tenant = TenantId.default(DEFAULT_TENANT);
const LogIn = named(
  'LogIn',
  z.strictObject({
    tenant,
    email: Email,
    password: Password,
    session: z
      .union([z.boolean(), z.literal('token')])
      .default(false)
      .describe(
        'Whether to begin a session, whose refresh token comes in a cookie (true) or in the body ("token")',
      ),
  }),
  { email: 'name@example.org', password: 'correct horse battery' },
);

@ApiTags('auth')
@Controller(`${API}/auth`)
@CountedIn('auth')
export class AuthController {
  constructor(
    @Inject(Accounts) private readonly accounts: Accounts,
    @Inject(AccessTokens) private readonly tokens: AccessTokens,
    @Inject(Guesses) private readonly guesses: Guesses,
    @Inject(Sessions) private readonly sessions: Sessions,
  ) {}

  @Post('token')
  @Operation({
    id: 'logIn',
    summary: 'Log in',
    access: 'log-in',
    result: AccessToken,
    headers: ['Set-Cookie'],
    problems: {
      401: ['WRONG_CREDENTIALS'],
      403: ['ORIGIN_NOT_ALLOWED'],
      429: ['TOO_MANY_FAILURES', 'TOO_MANY_LOG_INS'],
    },
  })
  async token(
    @Body({ schema: LogIn }) { tenant, email, password, session }: z.infer<typeof LogIn>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AccessToken> {
    const origin = session === true ? requireOwnOrigin(request) : undefined;
    const account = await this.accounts.find(tenant, email);
    let passwordHash = account?.passwordHash ?? '';
    const right = await this.guesses.guess({ tenantId: tenant, email }, async () => {
      const fit = await fitOf(account?.passwordHash, password);
      if (fit === 'differs' || account?.closedAt !== null) return false;
      if (fit === 'fits-as-typed') {
        passwordHash = await hashPassword(password);
        await this.accounts.rehash(account, passwordHash);
      }
      return true;
    });
    // Neither the answer nor the time it takes must reveal which of them was wrong, or that the account is closed.
    if (!account || !right) throw wrongCredentials();
    if (session === false) {
      const issued = await this.tokens.issue({ ...account, passwordMark: markOf(passwordHash) });
      return { tokenType: 'Bearer', ...issued };
    }
    const begun = await this.sessions.begin({ ...account, passwordHash }, userAgentOf(request));
    if (!begun) throw wrongCredentials();
    const refreshToken = textOf(begun.token);
    if (origin) reply.header('set-cookie', refreshCookie(origin, refreshToken, begun.expiresAt));
    const issued = await this.tokens.issue({ ...account, sessionId: begun.sessionId });
    return sessionAnswer(issued, begun, origin ? undefined : refreshToken);
  }
}

const wrongCredentials = (): Problem =>
  new Problem(401, 'WRONG_CREDENTIALS', 'The tenant, the e-mail address or the password is wrong.', {
    headers: { 'www-authenticate': 'Bearer realm="comanda"' },
  });

const MAX_USER_AGENT = 200;

/** Anybody may send anything as a name: what is no printable ASCII is shown as a question mark. */
const userAgentOf = ({ headers }: FastifyRequest): string | undefined =>
  headers['user-agent']?.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, MAX_USER_AGENT);

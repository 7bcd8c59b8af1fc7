import { Id, printable } from '@comanda/contracts';
import { LOGGER } from '@comanda/service-kit';
import { Body, Controller, Delete, Get, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { z } from 'zod';
import { AccessTokens } from '../auth/access-tokens.js';
import { accountOf, type Caller, CurrentCaller } from '../auth/caller.js';
import { createdAt, updatedAt } from '../description/examples.js';
import { named } from '../description/named.js';
import { Problem } from '../problems/problem.js';
import { API } from '../routes/api.js';
import { idempotencyKeyOf } from '../routes/idempotency-key.js';
import { Operation } from '../routes/operation.js';
import { noRefreshCookie, refreshCookie, refreshCookieOf, requireOwnOrigin } from './refresh-cookie.js';
import { refreshTokenOf, textOf } from './refresh-token.js';
import { AccessToken, sessionAnswer } from './session-answer.js';
import { Sessions } from './sessions.js';

/** Of a program; a browser has it in the cookie and sends no body. */
const Presented = named(
  'PresentedRefreshToken',
  z.strictObject({ refreshToken: printable(250).meta({ format: 'password' }).optional() }),
  { refreshToken: 'cmd_refresh_default.the-half-that-stays.the-half-that-changes' },
).optional();
const CHALLENGE = { 'www-authenticate': 'Bearer realm="comanda"' };
const REFUSED = { 401: ['REFRESH_TOKEN_MISSING'], 403: ['ORIGIN_NOT_ALLOWED'] } as const;

interface Sent {
  readonly text: string;
  /** Of the page that sent it, when it came in the cookie. */
  readonly origin: URL | undefined;
}

/** What holds the refresh token of a session does with it. */
@ApiTags('auth')
@Controller(`${API}/auth`)
export class RefreshController {
  constructor(
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(AccessTokens) private readonly tokens: AccessTokens,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Post('refresh')
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description:
      'With the same key and the same refresh token the answer comes again, for as long as its own refresh token was not used. Without one a refresh token that is sent twice ends its session.',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x20-\\x7e]+$' },
    example: '0192d1a4-7c3b-7f7e-8a51-3d0c6a9be0ff',
  })
  @Operation({
    id: 'refreshSession',
    summary: 'A new access token for a session, and a new refresh token in place of the one that is sent',
    description:
      'In the cookie or in the body, and the new one comes the same way. A refresh token that was used before ends its session.',
    access: 'log-in',
    result: AccessToken,
    headers: ['Set-Cookie'],
    problems: {
      400: ['INVALID_IDEMPOTENCY_KEY'],
      401: [...REFUSED[401], 'REFRESH_TOKEN_REUSED', 'SESSION_ENDED'],
      403: REFUSED[403],
    },
  })
  async refresh(
    @Body({ schema: Presented }) body: z.infer<typeof Presented>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AccessToken> {
    const { text, origin } = sentIn(request, body);
    const key = idempotencyKeyOf(request.headers['idempotency-key']);
    const token = refreshTokenOf(text);
    const refreshed = token ? await this.sessions.refresh(token, key) : ({ kind: 'over' } as const);
    if (refreshed.kind === 'refreshed') {
      const { account, sessionId, expiresAt } = refreshed;
      const next = textOf(refreshed.token);
      if (origin) reply.header('set-cookie', refreshCookie(origin, next, expiresAt));
      const issued = await this.tokens.issue({ ...account, sessionId });
      return sessionAnswer(issued, refreshed, origin ? undefined : next);
    }
    if (refreshed.kind === 'reused')
      this.logger.warn(
        { accountId: refreshed.accountId, sessionId: refreshed.sessionId, correlationId: request.id },
        'a refresh token was used a second time: its session has ended',
      );
    const [code, detail] =
      refreshed.kind === 'reused'
        ? (['REFRESH_TOKEN_REUSED', 'This refresh token was used before, so its session has ended.'] as const)
        : (['SESSION_ENDED', 'There is no such session, or it is over.'] as const);
    throw new Problem(401, code, `${detail} Log in again.`, {
      headers: { ...CHALLENGE, ...(origin && { 'set-cookie': noRefreshCookie(origin) }) },
    });
  }

  @Post('logout')
  @Operation({
    id: 'logOut',
    summary: 'Log out: end the session of a refresh token',
    description:
      'Any refresh token of the session will do. Its access tokens are refused half a minute later. A session that is over is no mistake.',
    access: 'log-in',
    status: 204,
    headers: ['Set-Cookie'],
    problems: REFUSED,
  })
  async logOut(
    @Body({ schema: Presented }) body: z.infer<typeof Presented>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const { text, origin } = sentIn(request, body);
    const token = refreshTokenOf(text);
    if (token) await this.sessions.end(token);
    if (origin) reply.header('set-cookie', noRefreshCookie(origin));
  }
}

/** The refresh token of a request; what the body says goes before the cookie. */
function sentIn(request: FastifyRequest, body: z.infer<typeof Presented>): Sent {
  const refreshToken = body?.refreshToken;
  if (refreshToken !== undefined) return { text: refreshToken, origin: undefined };
  const cookie = refreshCookieOf(request);
  if (cookie !== undefined) return { text: cookie, origin: requireOwnOrigin(request) };
  throw new Problem(
    401,
    'REFRESH_TOKEN_MISSING',
    'Send the refresh token: { "refreshToken": "..." }, or the cookie of the log-in. Get one by logging in with "session".',
    { headers: CHALLENGE },
  );
}

const session = {
  sessionId: '1f7d2c9e-5b1a-8e64-9d3f-6a0b4c8e2d10',
  createdAt,
  usedAt: updatedAt,
  expiresAt: '2026-02-07T12:00:00.000Z',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/147.0',
  current: true,
};
const SessionView = named(
  'Session',
  z.object({
    sessionId: Id,
    createdAt: z.string(),
    usedAt: z.string().describe('When it was refreshed last'),
    expiresAt: z.string().describe('When it is over unless it is refreshed before'),
    userAgent: z.string().nullable().describe('What the program that logged in called itself'),
    current: z.boolean().describe('Whether this request’s token belongs to it'),
  }),
  session,
);
const SessionList = named('SessionList', z.object({ items: z.array(SessionView) }), {
  items: [session],
});
const ById = z.strictObject({ sessionId: Id });

/** An account's own sessions. */
@ApiTags('me')
@Controller(`${API}/me/sessions`)
export class SessionsController {
  constructor(@Inject(Sessions) private readonly sessions: Sessions) {}

  @Get()
  @Operation({
    id: 'listSessions',
    summary: 'Where one is logged in: one’s sessions, the one that was used last first',
    access: 'account',
    scope: 'none',
    result: SessionList,
  })
  async list(@CurrentCaller() caller: Caller): Promise<z.infer<typeof SessionList>> {
    const sessions = await this.sessions.list(accountOf(caller));
    return {
      items: sessions.map((session) => ({ ...session, current: session.sessionId === caller.sessionId })),
    };
  }

  @Delete(':sessionId')
  @Operation({
    id: 'endSession',
    summary: 'End one of one’s sessions',
    description: 'Its access tokens are refused half a minute later.',
    access: 'account',
    scope: 'none',
    status: 204,
    problems: { 404: ['NOT_FOUND'] },
  })
  async end(
    @CurrentCaller() caller: Caller,
    @Param({ schema: ById }) { sessionId }: z.infer<typeof ById>,
  ): Promise<void> {
    if (await this.sessions.endOne(accountOf(caller), sessionId)) return;
    throw new Problem(404, 'NOT_FOUND', 'There is no such session. It may be over.');
  }

  @Delete()
  @Operation({
    id: 'endSessions',
    summary: 'End all of one’s sessions, this one as well',
    description: 'Their access tokens are refused half a minute later.',
    access: 'account',
    scope: 'none',
    status: 204,
  })
  async endAll(@CurrentCaller() caller: Caller): Promise<void> {
    await this.sessions.endAll(accountOf(caller));
  }
}

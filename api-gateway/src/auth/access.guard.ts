import type { ProblemCode } from '@comanda/contracts';
import { HealthController } from '@comanda/service-kit';
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { FOREIGN_ISSUER } from '../injection-tokens.js';
import { BUCKET } from '../limits/counted-in.js';
import { networkOf } from '../limits/network-of.js';
import { type Bucket, RateLimit } from '../limits/rate-limit.js';
import { Problem, RETRY_AFTER_SECONDS } from '../problems/problem.js';
import { ACCESS, type AccessRule } from './access.js';
import { AccessTokens, type TokenCheck } from './access-tokens.js';
import { accountOf, type Caller, hasAccount } from './caller.js';
import type { ForeignIssuer } from './foreign-issuer.js';
import { API_KEY_PREFIX, KnownKeys } from './known-keys.js';
import { OpenAccounts } from './open-accounts.js';
import { bothOf, FOR_ALL_TENANTS } from './scopes.js';
import { type Credentials, TAKES_TICKETS, Tickets, ticketIn } from './tickets.js';

const BEARER = /^Bearer +(\S+) *$/i;
const REALM = 'Bearer realm="comanda"';

/** A caller, and until when it counts as one without being looked up again, in milliseconds since 1970. */
interface Known {
  readonly caller: Caller;
  readonly until: number;
}

/** What holds for a route that says nothing about itself. */
const UNNAMED: AccessRule = { access: 'signed-in', scope: 'none' };

/** Stands before every route of the API: who is it, are they within their limit, may they use this route. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(AccessTokens) private readonly tokens: AccessTokens,
    @Inject(RateLimit) private readonly rateLimit: RateLimit,
    @Inject(OpenAccounts) private readonly openAccounts: OpenAccounts,
    @Inject(KnownKeys) private readonly keys: KnownKeys,
    @Inject(FOREIGN_ISSUER) private readonly foreignIssuer: ForeignIssuer | undefined,
    @Inject(Tickets) private readonly tickets: Tickets,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    // Whether it lives and is ready may anybody ask, a load balancer as often as it likes.
    if (context.getClass() === HealthController) return true;
    // A route that says nothing about itself lets nobody in without a token.
    const rule = this.reflector.get<AccessRule | undefined>(ACCESS, context.getHandler()) ?? UNNAMED;
    const credentials = rule.access === 'log-in' ? {} : await this.#credentialsOf(request, context);
    const found = await this.#find(credentials);
    // Counted before anything is refused, so that guessing tokens is limited, too.
    const known = found instanceof Problem ? undefined : found?.caller;
    const limits = await this.rateLimit.take(
      this.#bucketOf(context),
      known ? keyOfAccount(known) : networkOf(request.ip),
    );
    if (limits)
      context
        .switchToHttp()
        .getResponse<FastifyReply>()
        .headers({ ...limits });
    request.caller = (await this.#permitted(rule, found))?.caller;
    request.allowedUntil = () => this.#allowedUntil(rule, credentials);
    return true;
  }

  async #permitted(rule: AccessRule, found: Known | Problem | undefined): Promise<Known | undefined> {
    if (found instanceof Problem) throw found;
    const granted = found && (await this.#withWhatIsGranted(found));
    permit(rule, granted?.caller);
    return granted;
  }

  async #allowedUntil(rule: AccessRule, credentials: Credentials | Problem): Promise<number | undefined> {
    try {
      const granted = await this.#permitted(rule, await this.#find(credentials));
      return granted?.until ?? Number.POSITIVE_INFINITY;
    } catch (error) {
      if (error instanceof Problem && error.status < 500) return undefined;
      throw error;
    }
  }

  /** What the request is known by: its headers or, where a route takes tickets, what its ticket stands for. */
  async #credentialsOf(
    { headers, query }: FastifyRequest,
    context: ExecutionContext,
  ): Promise<Credentials | Problem> {
    const takesTickets = this.reflector.get<boolean | undefined>(TAKES_TICKETS, context.getHandler());
    const ticket = takesTickets ? ticketIn(query) : undefined;
    if (ticket === undefined || (headers.authorization ?? headers['x-api-key']) !== undefined) return headers;
    return (await this.tickets.redeem(ticket)) ?? usedTicket();
  }

  /** A token, or an API key, gives no more than its account may do by now, and that no more than the token says. */
  async #withWhatIsGranted({ caller, until }: Known): Promise<Known> {
    const granted = await this.openAccounts.granted({
      ...caller,
      tenantId: accountOf(caller).tenantId,
      accountId: caller.keyOf ?? caller.accountId,
    });
    if (!granted) throw noLonger(caller);
    if (caller.passwordMark !== undefined && caller.passwordMark !== granted.passwordMark)
      throw passwordChanged();
    const scopes = bothOf(caller.scopes, granted.scopes);
    if (caller.homeTenantId !== undefined && !scopes.includes(FOR_ALL_TENANTS)) throw noLongerElsewhere();
    return { caller: { ...caller, scopes }, until: Math.min(until, granted.until) };
  }

  #bucketOf(context: ExecutionContext): Bucket {
    const annotated = [context.getHandler(), context.getClass()];
    return this.reflector.getAllAndOverride<Bucket | undefined>(BUCKET, annotated) ?? 'default';
  }

  async #find(headers: Credentials | Problem): Promise<Known | Problem | undefined> {
    if (headers instanceof Problem) return headers;
    const { authorization, 'x-api-key': key } = headers;
    if (key === undefined) return authorization === undefined ? undefined : this.#identify(authorization);
    return authorization === undefined ? this.#identifyByKey(String(key)) : twoCallers();
  }

  async #identifyByKey(text: string): Promise<Known | Problem> {
    const checked = await this.keys.check(text);
    switch (checked.kind) {
      case 'valid':
        return checked;
      case 'expired':
        return unauthorized(
          'API_KEY_EXPIRED',
          'The API key has expired. Make another one at /api/v1/api-keys.',
        );
      case 'unknown':
        return unauthorized('API_KEY_INVALID', 'The API key is none of ours, or was deleted.');
    }
  }

  #check(token: string): Promise<TokenCheck> {
    return this.foreignIssuer?.claims(token) ? this.foreignIssuer.check(token) : this.tokens.check(token);
  }

  async #identify(authorization: string): Promise<Known | Problem> {
    const token = BEARER.exec(authorization)?.[1];
    if (token?.startsWith(API_KEY_PREFIX)) return this.#identifyByKey(token);
    const checked = token === undefined ? ({ kind: 'forged' } as const) : await this.#check(token);
    switch (checked.kind) {
      case 'valid':
        return checked;
      case 'expired':
        return unauthorized('TOKEN_EXPIRED', 'The token has expired. Get a new one at /api/v1/auth/token.');
      case 'forged':
        return unauthorized('TOKEN_INVALID', 'The token is not valid. Get one at /api/v1/auth/token.');
      case 'unmapped':
        return unmapped();
      case 'unavailable':
        return new Problem(
          503,
          'ISSUER_UNAVAILABLE',
          'The issuer of this token does not tell its keys now.',
          {
            headers: { 'retry-after': RETRY_AFTER_SECONDS },
          },
        );
    }
  }
}

function permit({ access, scope }: AccessRule, caller: Caller | undefined): void {
  if (access === 'log-in' || access === 'anyone') return;
  if (!caller) {
    const detail =
      'Send an access token: Authorization: Bearer <token>. Get one at /api/v1/auth/token. A program may send an API key: X-API-Key.';
    throw new Problem(401, 'TOKEN_MISSING', detail, { headers: { 'www-authenticate': REALM } });
  }
  if (access === 'account' && !hasAccount(caller))
    throw new Problem(
      403,
      'FORBIDDEN',
      'This is for who logs in to an account here: an API key has none, nor who another issuer names.',
    );
  if (access !== 'signed-in' && access !== 'account' && caller.role !== access)
    throw new Problem(
      403,
      'FORBIDDEN',
      `This is for the role ${access}; the token's role is ${caller.role}.`,
    );
  if (scope !== 'none' && !caller.scopes.includes(scope))
    throw new Problem(403, 'SCOPE_MISSING', `This needs the scope ${scope}, which the caller lacks.`, {
      // RFC 6750, section 3.1
      headers: { 'www-authenticate': `${REALM}, error="insufficient_scope", scope="${scope}"` },
    });
}

/** Who acts in several tenants has one limit. */
function keyOfAccount(caller: Caller): string {
  const { tenantId, accountId } = accountOf(caller);
  return `${tenantId}/${accountId}`;
}

const twoCallers = (): Problem =>
  unauthorized('TOKEN_INVALID', 'Send an access token or an API key, and not both.');

/** Why a token that held when it was issued does not any more. */
function noLonger({ sessionId, foreign }: Caller): Problem {
  if (foreign) return unmapped();
  return sessionId === undefined
    ? unauthorized('ACCOUNT_CLOSED', 'The account of this token or API key is closed.')
    : unauthorized('SESSION_ENDED', 'The session of this token is over. Log in again.');
}

const noLongerElsewhere = (): Problem =>
  unauthorized(
    'SESSION_ENDED',
    'This account does not act in other tenants any more. Refresh the session, or log in again.',
  );

const passwordChanged = (): Problem =>
  unauthorized('SESSION_ENDED', 'The password of this account was changed since this log-in. Log in again.');

const unmapped = (): Problem =>
  new Problem(
    403,
    'TOKEN_UNMAPPED',
    'The token is good, but its claims name no tenant that is here, or no role that counts here.',
  );

const usedTicket = (): Problem =>
  new Problem(
    401,
    'TICKET_INVALID',
    'The ticket was used, is over, or never was. Get one at /api/v1/live/tickets.',
    { headers: { 'www-authenticate': REALM } },
  );

/** RFC 6750, section 3. */
const unauthorized = (code: ProblemCode, detail: string): Problem =>
  new Problem(401, code, detail, {
    headers: { 'www-authenticate': `${REALM}, error="invalid_token", error_description="${detail}"` },
  });

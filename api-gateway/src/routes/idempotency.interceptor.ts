import { isFinal } from '@comanda/contracts';
import { withTimeout } from '@comanda/kit';
import { LOGGER } from '@comanda/service-kit';
import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { lastValueFrom, type Observable, of } from 'rxjs';
import { PROBLEM_TYPE, Problem } from '../problems/problem.js';
import { problemOfError, tookTooLong } from '../problems/problem-of-error.js';
import { pathOf } from '../problems/request-path.js';
import { IdempotencyKeys, type KeyScope, type StoredAnswer } from '../storage/idempotency-keys.js';
import { idempotencyKeyOf, KEY_REUSED, keyReused } from './idempotency-key.js';
import { Pending } from './pending.js';
import { requestHash } from './request-hash.js';

const RETRY_AFTER = { 'retry-after': '1' };
/** Of a request whose deadline is over: so long it may still take to store how it ended. */
const LEAST_MS = 200;

declare module 'fastify' {
  interface FastifyRequest {
    /** The same request came before under this Idempotency-Key, and no answer to it was kept. */
    comesAgain?: boolean;
  }
}

/**
 * Makes a POST with an Idempotency-Key happen once: the first request is carried out and its answer kept, the next
 * ones get that answer. A request without the header passes untouched.
 *
 * A refusal is kept only when it is final (`PROBLEM_CODES`). After a 400 nothing was begun, and the key is free. After
 * any other refusal, and after a 500 or above, only the same request may try again, and it is decided anew: what was
 * asked for may have been done, or be possible by now.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    @Inject(IdempotencyKeys) private readonly keys: IdempotencyKeys,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    const key = idempotencyKeyOf(request.headers['idempotency-key']);
    if (key === undefined) return next.handle();
    const scope = scopeOf(request, key);
    const claim = await this.#claim(scope, request);
    switch (claim.kind) {
      case 'claimed':
        // It was answered, or is about to be: what was not begun by now is left to the same request, when it comes again.
        if (performance.now() > request.deadline) {
          await this.#settle(scope, this.keys.fail(scope), request);
          throw tookTooLong();
        }
        request.comesAgain = claim.again;
        return of(await this.#carryOut(scope, request, reply, next));
      case 'answered':
        return of(replay(reply, claim.answer));
      case 'in-flight':
        throw new Problem(
          409,
          'REQUEST_IN_FLIGHT',
          'A request with this Idempotency-Key is still in flight. Try again in a moment.',
          { headers: RETRY_AFTER },
        );
      case 'other-body':
        throw keyReused();
    }
  }

  async #carryOut(
    scope: KeyScope,
    request: FastifyRequest,
    reply: FastifyReply,
    next: CallHandler,
  ): Promise<unknown> {
    try {
      const body: unknown = await lastValueFrom(next.handle());
      if (body instanceof Pending) {
        await this.#settle(scope, this.keys.fail(scope), request);
        return body;
      }
      const location = reply.getHeader('location');
      const answer = {
        status: reply.statusCode,
        headers: {
          'content-type': 'application/json; charset=utf-8',
          ...(typeof location === 'string' && { location }),
        },
        body: JSON.stringify(withoutSecrets(body)),
      };
      await this.#settle(scope, this.keys.finish(scope, answer), request);
      return body;
    } catch (error) {
      const problem = problemOfError(error);
      await this.#release(scope, problem, request);
      throw error;
    }
  }

  async #claim(scope: KeyScope, request: FastifyRequest) {
    try {
      return await this.keys.claim(scope, requestHash(request));
    } catch (error) {
      this.logger.error(
        { error: String(error), route: scope.route, correlationId: request.id },
        'idempotency key could not be claimed',
      );
      throw new Problem(
        503,
        'STORAGE_UNAVAILABLE',
        'The Idempotency-Key cannot be honoured at the moment. Nothing was done; try again.',
        { headers: RETRY_AFTER },
      );
    }
  }

  /** What becomes of the key of a request that was refused, or failed. */
  #release(scope: KeyScope, problem: Problem | undefined, request: FastifyRequest): Promise<void> {
    // A key that made something before this table knew it belongs to that, not to this request.
    if (problem?.status === 400 || problem?.code === KEY_REUSED)
      return this.#settle(scope, this.keys.free(scope), request);
    return this.#settle(
      scope,
      problem && isFinal(problem.code)
        ? this.keys.finish(scope, answerOf(problem, request))
        : this.keys.fail(scope),
      request,
    );
  }

  /**
   * When it can't be stored how a request ended, the request has still ended so: its key stays in flight until it
   * expires. When it takes too long, the answer goes out before.
   */
  async #settle(
    { route }: KeyScope,
    settled: Promise<void>,
    { id: correlationId, deadline }: FastifyRequest,
  ): Promise<void> {
    try {
      await withTimeout(settled, Math.max(LEAST_MS, deadline - performance.now()), 'the database');
    } catch (error) {
      this.logger.error(
        { error: String(error), route, correlationId },
        'idempotency key could not be settled',
      );
    }
  }
}

function scopeOf({ caller, ip, method, url }: FastifyRequest, key: string): KeyScope {
  if (!caller)
    throw new Error(`${url} honours Idempotency-Key and lets in requests without a caller (${ip})`);
  return { tenantId: caller.tenantId, caller: caller.accountId, route: `${method} ${pathOf(url)}`, key };
}

/** The signing secret of a subscription, an API key, the token of an invitation and the link that holds it. */
const SHOWN_ONCE: ReadonlySet<string> = new Set(['secret', 'key', 'token', 'link']);

/** What is shown once is not stored here, and a replayed answer lacks it. */
function withoutSecrets(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return body;
  return Object.fromEntries(Object.entries(body).filter(([field]) => !SHOWN_ONCE.has(field)));
}

const answerOf = (problem: Problem, request: FastifyRequest): StoredAnswer => ({
  status: problem.status,
  headers: { 'content-type': PROBLEM_TYPE },
  body: JSON.stringify(problem.document({ path: pathOf(request.url), correlationId: request.id })),
});

function replay(reply: FastifyReply, { status, headers, body }: StoredAnswer): string {
  reply.code(status).headers(headers).header('idempotent-replayed', 'true');
  return body;
}

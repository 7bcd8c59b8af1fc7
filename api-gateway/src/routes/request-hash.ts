import { createHash } from 'node:crypto';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { pathOf } from '../problems/request-path.js';
import { idempotencyKeyOf } from './idempotency-key.js';

/** What was asked for: the body, and the query where there is one (a dry run is another request than the real one). */
export const requestHash = ({ body, url }: Pick<FastifyRequest, 'body' | 'url'>): string =>
  createHash('sha256')
    .update((JSON.stringify(body) ?? '') + url.slice(pathOf(url).length))
    .digest('base64url');

/** The hash of a request that came with an Idempotency-Key; `undefined` for one without. */
export const KeyedRequestHash = createParamDecorator(
  (_: unknown, context: ExecutionContext): string | undefined => {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    return idempotencyKeyOf(request.headers['idempotency-key']) === undefined
      ? undefined
      : requestHash(request);
  },
);

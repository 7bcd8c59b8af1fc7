import { derivedId, newId } from '@comanda/contracts';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { idempotencyKeyOf } from './idempotency-key.js';

type Request = FastifyRequest<{ Params: Readonly<Record<string, string | undefined>> }>;

/** What an id names, and the path parameter of what it belongs to, if the key is one of a single parent. */
export interface IdempotentIdOptions {
  readonly names:
    | 'order'
    | 'product'
    | 'adjustment'
    | 'refund'
    | 'cancel'
    | 'fulfil'
    | 'subscription'
    | 'replay'
    | 'rotation'
    | 'test'
    | 'api-key'
    | 'invitation';
  readonly within?: 'orderId' | 'productId' | 'subscriptionId';
}

/**
 * The id of what a POST makes. With an Idempotency-Key it is derived from the key, so that a repeat can't make a second
 * one even after the key's row is gone; without one it is new.
 */
export const IdempotentId = createParamDecorator(
  ({ names, within }: IdempotentIdOptions, context: ExecutionContext): string => {
    const { caller, headers, params, url } = context.switchToHttp().getRequest<Request>();
    const key = idempotencyKeyOf(headers['idempotency-key']);
    if (key === undefined) return newId();
    if (!caller) throw new Error(`${url} derives an id from a caller and lets in requests without one`);
    const parent = within === undefined ? undefined : params[within];
    if (within !== undefined && parent === undefined) throw new Error(`${url} has no parameter ${within}`);
    // An order was the first to be named so; its ids have no further word in them.
    const kind = names === 'order' ? [] : [names];
    return derivedId(
      caller.tenantId,
      caller.accountId,
      ...kind,
      ...(parent === undefined ? [] : [parent]),
      key,
    );
  },
);

/** Whether the request came before: not that we know of; perhaps, since it came with an Idempotency-Key; for sure. */
export type Repeated = 'no' | 'perhaps' | 'yes';

export const IsRepeated = createParamDecorator((_: unknown, context: ExecutionContext): Repeated => {
  const { headers, comesAgain } = context.switchToHttp().getRequest<FastifyRequest>();
  if (idempotencyKeyOf(headers['idempotency-key']) === undefined) return 'no';
  return comesAgain ? 'yes' : 'perhaps';
});

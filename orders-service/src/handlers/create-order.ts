import { accept, CreateOrder, type DataOf, derivedId, refuse } from '@comanda/contracts';
import { on, respond } from '@comanda/messaging';
import { decide } from '../domain/decide.js';
import type { Order } from '../domain/order.js';
import { effectsOf } from '../effects/order-effects.js';
import { refuseRequest } from '../effects/refuse-request.js';
import { receivedStep } from '../effects/timeline-steps.js';
import { orders, prices, refusedRequests } from '../storage/tables.js';

export const createOrder = on(CreateOrder, 'create order', {
  needs: ({ tenantid, data }) => ({
    existing: orders.lock(tenantid, data.orderId),
    prices: data.items.map(({ productId }) => prices.read(tenantid, productId)),
  }),
  // Hardly ever: a batch of new orders reads nothing here.
  thenNeeds: ({ tenantid, data }, { existing }) => ({
    refused:
      existing && !isRepeat(existing, data.bodyHash)
        ? [refusedRequests.lock(tenantid, data.orderId, requestIdOf(data))]
        : [],
  }),
  decide: (message, { existing, refused, prices }, context) => {
    const { orderId, bodyHash } = message.data;
    // Deduplication: the same Idempotency-Key gives the same order id, so this order was taken before.
    if (existing && isRepeat(existing, bodyHash))
      return [respond(accept({ orderId, status: existing.status }))];
    if (existing) {
      const requested = { command: 'create', requestId: requestIdOf(message.data) } as const;
      return [
        receivedStep(message, { ignored: 'it asks for another order under the same Idempotency-Key' }),
        ...(refused[0] ? [] : refuseRequest(existing, { message, requested, refusal: KEY_REUSED }, context)),
        respond(refuse(KEY_REUSED.status, KEY_REUSED.code, KEY_REUSED.detail)),
      ];
    }
    const trigger = {
      kind: 'create-requested',
      tenantId: message.tenantid,
      ...message.data,
      prices,
    } as const;
    return effectsOf(
      decide(undefined, trigger, context.now),
      { message, trigger, answer: ({ order }) => accept({ orderId, status: order.status }) },
      context,
    );
  },
});

const KEY_REUSED = {
  status: 422,
  code: 'IDEMPOTENCY_KEY_REUSED',
  detail: 'This Idempotency-Key was used with another body.',
} as const;

/** The same body under the same key is one request, however often it comes. */
const requestIdOf = ({ orderId, bodyHash = '' }: DataOf<typeof CreateOrder>): string =>
  derivedId(orderId, bodyHash);

/** A command without a hash can only be the order's own. */
const isRepeat = (order: Order, bodyHash: string | undefined): boolean =>
  bodyHash === undefined || order.bodyHash === null || bodyHash === order.bodyHash;

import { accept, CreateOrder, refuse } from '@comanda/contracts';
import { on, respond } from '@comanda/messaging';
import { decide } from '../domain/decide.js';
import type { Order } from '../domain/order.js';
import { effectsOf } from '../effects/order-effects.js';
import { receivedStep } from '../effects/timeline-steps.js';
import { orders, prices } from '../storage/tables.js';

export const createOrder = on(CreateOrder, 'create order', {
  needs: ({ tenantid, data }) => ({
    existing: orders.lock(tenantid, data.orderId),
    prices: data.items.map(({ productId }) => prices.read(tenantid, productId)),
  }),
  decide: (message, { existing, prices }, context) => {
    const { orderId, bodyHash } = message.data;
    // Deduplication: the same Idempotency-Key gives the same order id, so this order was taken before.
    if (existing && isRepeat(existing, bodyHash))
      return [respond(accept({ orderId, status: existing.status }))];
    if (existing)
      return [
        receivedStep(message, { ignored: 'it asks for another order under the same Idempotency-Key' }),
        respond(refuse(422, 'IDEMPOTENCY_KEY_REUSED', 'This Idempotency-Key was used with another body.')),
      ];
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

/** A command without a hash can only be the order's own. */
const isRepeat = (order: Order, bodyHash: string | undefined): boolean =>
  bodyHash === undefined || order.bodyHash === null || bodyHash === order.bodyHash;

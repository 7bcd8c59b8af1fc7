import { accept, CreateOrder } from '@comanda/contracts';
import { on, respond } from '@comanda/messaging';
import { decide } from '../domain/decide.js';
import { effectsOf } from '../effects/order-effects.js';
import { orders, prices } from '../storage/tables.js';

export const createOrder = on(CreateOrder, 'create order', {
  needs: ({ tenantid, data }) => ({
    existing: orders.lock(tenantid, data.orderId),
    prices: data.items.map(({ productId }) => prices.read(tenantid, productId)),
  }),
  decide: (message, { existing, prices }, context) => {
    const { orderId, customerId, items, paymentMethod } = message.data;
    // Deduplication: the same Idempotency-Key gives the same order id, so this order was taken before.
    if (existing) return [respond(accept({ orderId, status: existing.status }))];
    const trigger = {
      kind: 'create-requested',
      tenantId: message.tenantid,
      ...{ orderId, customerId, items, paymentMethod, prices },
    } as const;
    return effectsOf(
      decide(undefined, trigger, context.now),
      { message, trigger, answer: ({ order }) => accept({ orderId, status: order.status }) },
      context,
    );
  },
});

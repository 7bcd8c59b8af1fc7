import { accept, CreateOrder, OrderCreated } from '@comanda/contracts';
import { emit, on, respond } from '@comanda/messaging';
import { takeOrder } from '../domain/take-order.js';
import { orders, prices } from '../storage/tables.js';
import { keep, ownStep, step } from './steps.js';

export const createOrder = on(CreateOrder, 'create order', {
  needs: ({ tenantid, data }) => ({
    existing: orders.lock(tenantid, data.orderId),
    prices: data.items.map(({ productId }) => prices.read(tenantid, productId)),
  }),
  decide: (message, { existing, prices }, context) => {
    const { orderId, customerId, items, paymentMethod } = message.data;
    // The same Idempotency-Key names the same order: it is there already.
    if (existing) return [respond(accept({ orderId, status: existing.status }))];

    const taken = takeOrder(
      { tenantId: message.tenantid, orderId, customerId, items, paymentMethod },
      prices,
      context.now,
    );
    const asked = step(taken.order, message, { items: items.length });
    if (taken.kind === 'rejected') {
      const fact = { kind: 'rejected', code: taken.code, reason: taken.reason } as const;
      return [
        asked,
        ...keep({ order: taken.order, fact }, message, context),
        respond(accept({ orderId, status: 'REJECTED' })),
      ];
    }
    const order = { ...taken.order, sequence: 1 };
    const created = emit(OrderCreated, {
      id: context.newId(),
      subject: orderId,
      sequence: order.sequence,
      data: {
        orderId,
        customerId,
        currency: order.currency,
        items: [...order.items],
        totalAmount: order.totalAmount,
        ...(paymentMethod !== undefined && { paymentMethod }),
      },
    });
    return [
      asked,
      orders.put({ ...order, items: [...order.items] }),
      created,
      ownStep(order, created, message, context),
      respond(accept({ orderId, status: order.status })),
    ];
  },
});

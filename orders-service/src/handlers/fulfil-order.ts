import { accept, FulfilOrder, OrderCreated, refuse, StockCommitted } from '@comanda/contracts';
import { NotYet, on, respond } from '@comanda/messaging';
import { decide } from '../domain/decide.js';
import { orders, timeline } from '../storage/tables.js';
import { outcome } from './steps.js';

/**
 * The goods were handed over. While it is not known whether they are sold, this waits: a reservation that ran out may
 * turn out to be lost, and then the order is cancelled, which one that is fulfilled can't be.
 */
export const fulfilOrder = on(FulfilOrder, 'fulfil order', {
  needs: ({ tenantid, data: { orderId } }) => ({
    order: orders.lock(tenantid, orderId),
    steps: timeline.lockAll({ tenantId: tenantid, orderId }),
  }),
  decide: (message, { order, steps }, context) => {
    const { orderId, viewer } = message.data;
    if (!order) throw new NotYet(`order ${orderId} is not known here yet`);
    if (viewer.role !== 'staff')
      return [respond(refuse(403, 'FORBIDDEN', 'Only staff mark an order as fulfilled.'))];
    const has = (type: string) => steps.some((step) => step.type === type);
    // A timeline that was tidied away has neither: what is that old was sold long since.
    if (order.status === 'CONFIRMED' && has(OrderCreated.type) && !has(StockCommitted.type))
      throw new NotYet(`order ${orderId} is not known to be sold yet`);
    const trigger = { kind: 'fulfil-requested' } as const;
    const decision = decide(order, trigger, context.now);
    const answer =
      decision.kind === 'changed' || order.status === 'FULFILLED'
        ? accept({ orderId, status: 'FULFILLED' })
        : refuse(409, 'NOT_FULFILLABLE', `The order is ${order.status} and can't be fulfilled.`);
    return [...outcome(message, order, trigger, decision, context), respond(answer)];
  },
});

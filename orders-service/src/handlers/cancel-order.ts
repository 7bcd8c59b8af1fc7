import { accept, CancelOrder, refuse } from '@comanda/contracts';
import { on, respond } from '@comanda/messaging';
import { decide } from '../domain/decide.js';
import type { Order } from '../domain/order.js';
import { effectsOf } from '../effects/order-effects.js';
import { orders } from '../storage/tables.js';

export const cancelOrder = on(CancelOrder, 'cancel order', {
  needs: ({ tenantid, data }) => ({ order: orders.lock(tenantid, data.orderId) }),
  decide: (message, { order }, context) => {
    const { orderId, reason, viewer } = message.data;
    if (order && viewer.role === 'customer' && order.customerId !== viewer.accountId)
      return [respond(refuse(404, 'UNKNOWN_ORDER', `There is no order ${orderId}.`))];
    const trigger = { kind: 'cancel-requested', reason, by: viewer.role } as const;
    return effectsOf(decide(order, trigger, context.now), { message, trigger, answer }, context);
  },
});

/** An order that is cancelled already is what the client wants. */
const answer = ({ order: { orderId, status } }: { order: Order }) =>
  status === 'CANCELLED'
    ? accept({ orderId, status })
    : refuse(409, 'NOT_CANCELLABLE', `The order is ${status} and can't be cancelled.`);

import { accept, CancelOrder, refuse } from '@comanda/contracts';
import { NotYet, on, respond } from '@comanda/messaging';
import { decide } from '../domain/decide.js';
import { orders } from '../storage/tables.js';
import { outcome } from './steps.js';

export const cancelOrder = on(CancelOrder, 'cancel order', {
  needs: ({ tenantid, data }) => ({ order: orders.lock(tenantid, data.orderId) }),
  decide: (message, { order }, context) => {
    const { orderId, reason, viewer } = message.data;
    if (!order) throw new NotYet(`order ${orderId} is not known here yet`);
    if (viewer.role === 'customer' && order.customerId !== viewer.accountId) {
      return [respond(refuse(404, 'UNKNOWN_ORDER', `There is no order ${orderId}.`))];
    }
    const trigger = { kind: 'cancel-requested', reason, by: viewer.role } as const;
    const decision = decide(order, trigger, context.now);
    const answer =
      decision.kind === 'changed' || order.status === 'CANCELLED'
        ? accept({ orderId, status: 'CANCELLED' })
        : refuse(409, 'NOT_CANCELLABLE', `The order is ${order.status} and can't be cancelled.`);
    return [...outcome(message, order, trigger, decision, context), respond(answer)];
  },
});

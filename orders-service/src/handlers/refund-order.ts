import { accept, RefundOrder, refuse } from '@comanda/contracts';
import { NotYet, on, respond } from '@comanda/messaging';
import { decide } from '../domain/decide.js';
import { orders, refundRequests } from '../storage/tables.js';
import { outcome, step } from './steps.js';

export const refundOrder = on(RefundOrder, 'refund order', {
  needs: ({ tenantid, data }) => ({
    order: orders.lock(tenantid, data.orderId),
    request: refundRequests.lock(tenantid, data.orderId, data.requestId),
  }),
  decide: (message, { order, request }, context) => {
    const { orderId, requestId, amount, reason, viewer } = message.data;
    if (!order) throw new NotYet(`order ${orderId} is not known here yet`);
    if (viewer.role !== 'staff') return [respond(refuse(403, 'FORBIDDEN', 'Only staff refund an order.'))];
    if (request)
      return [
        step(order, message, { requestId, ignored: 'it was asked for before' }),
        respond(accept({ orderId, requestId, amount: request.amount })),
      ];
    const trigger = { kind: 'refund-requested', requestId, amount, reason } as const;
    const decision = decide(order, trigger, context.now);
    const answer =
      decision.kind === 'changed'
        ? accept({ orderId, requestId, amount: decision.request?.amount })
        : refuse(
            409,
            decision.code === 'WRONG_STATUS' ? 'NOT_REFUNDABLE' : decision.code,
            `This can't be refunded: ${decision.why}.`,
          );
    return [...outcome(message, order, trigger, decision, context), respond(answer)];
  },
});

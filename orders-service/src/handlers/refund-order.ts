import { accept, RefundOrder, refuse } from '@comanda/contracts';
import { on, respond } from '@comanda/messaging';
import { decide } from '../domain/decide.js';
import type { Changed, Ignored } from '../domain/decision.js';
import { effectsOf } from '../effects/order-effects.js';
import { refusedBefore } from '../effects/refuse-request.js';
import { receivedStep } from '../effects/timeline-steps.js';
import { orders, refundRequests, refusedRequests } from '../storage/tables.js';

export const refundOrder = on(RefundOrder, 'refund order', {
  needs: ({ tenantid, data }) => ({
    order: orders.lock(tenantid, data.orderId),
    request: refundRequests.lock(tenantid, data.orderId, data.requestId),
    refused: refusedRequests.lock(tenantid, data.orderId, data.requestId),
  }),
  decide: (message, { order, request, refused }, context) => {
    const { orderId, requestId, amount, reason, viewer } = message.data;
    if (viewer.role !== 'staff') return [respond(refuse(403, 'FORBIDDEN', 'Only staff refund an order.'))];
    // Deduplication: the same request is one refund.
    if (request)
      return [
        receivedStep(message, { requestId, ignored: 'it was asked for before' }),
        respond(accept({ orderId, requestId, amount: request.amount, currency: order?.currency })),
      ];
    if (refused) return refusedBefore(message, refused);
    const trigger = { kind: 'refund-requested', requestId, amount, reason } as const;
    const requested = { command: 'refund', requestId, amount } as const;
    return effectsOf(decide(order, trigger, context.now), { message, trigger, answer, requested }, context);
  },
});

function answer(decision: Changed | Ignored) {
  if (decision.kind === 'changed') {
    const { orderId, requestId, amount } = decision.request ?? {};
    return accept({ orderId, requestId, amount, currency: decision.order.currency });
  }
  const code = decision.code === 'WRONG_STATUS' ? 'NOT_REFUNDABLE' : decision.code;
  return refuse(409, code, `This can't be refunded: ${decision.why}.`);
}

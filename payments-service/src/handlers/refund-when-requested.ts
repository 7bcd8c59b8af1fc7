import { OrderRefundRequested } from '@comanda/contracts';
import { NotYet, on } from '@comanda/messaging';
import { request } from '../domain/refund.js';
import { failRefund, keepRefunds } from '../effects/keep-refunds.js';
import { payments, refunds } from '../storage/tables.js';

export const refundWhenRequested = on(OrderRefundRequested, 'refund when requested', {
  needs: ({ tenantid, data }) => ({
    payment: payments.lock(tenantid, data.orderId),
    existing: refunds.lock(tenantid, data.orderId, data.requestId),
  }),
  decide: ({ data }, { payment, existing }, context) => {
    const { orderId, requestId, amount } = data;
    if (existing) return []; // deduplication: the same request is one refund
    if (!payment || payment.status === 'PENDING')
      throw new NotYet(`the payment of order ${orderId} is not captured here yet`);
    const step = request(payment, { refundId: requestId, amount }, context.now);
    return step.kind === 'begun' ? keepRefunds(step, context) : failRefund(step, step, context);
  },
});

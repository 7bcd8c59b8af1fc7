import { RefundFailed } from '@comanda/contracts';
import { NotYet, on } from '@comanda/messaging';
import { orders, refundRequests } from '../storage/tables.js';
import { advance } from './steps.js';

export const noteRefundFailed = on(RefundFailed, 'note that a refund failed', {
  needs: ({ tenantid, data }) => ({
    order: orders.lock(tenantid, data.orderId),
    request: refundRequests.lock(tenantid, data.orderId, data.requestId),
  }),
  decide: (message, { order, request }, context) => {
    const { requestId, code } = message.data;
    if (!request) throw new NotYet(`the refund request ${requestId} is not known here yet`);
    return advance(message, order, { kind: 'refund-failed', code, request }, context);
  },
});

import { PaymentRefunded } from '@comanda/contracts';
import { on } from '@comanda/messaging';
import { orders, refundRequests } from '../storage/tables.js';
import { advance } from './steps.js';

/** A refund that staff asked for goes by the id of its request; any other is owed because the order is off. */
export const noteRefund = on(PaymentRefunded, 'note refund', {
  needs: ({ tenantid, data }) => ({
    order: orders.lock(tenantid, data.orderId),
    request: refundRequests.lock(tenantid, data.orderId, data.refundId),
  }),
  decide: (message, { order, request }, context) =>
    advance(message, order, { kind: 'refunded', amount: message.data.amount, request }, context),
});

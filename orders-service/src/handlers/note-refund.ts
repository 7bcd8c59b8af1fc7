import { PaymentRefunded } from '@comanda/contracts';
import { NotYet, on } from '@comanda/messaging';
import { orders } from '../storage/tables.js';
import { step } from './steps.js';

export const noteRefund = on(PaymentRefunded, 'note refund', {
  needs: ({ tenantid, data }) => ({ order: orders.one(tenantid, data.orderId) }),
  decide: (message, { order }, { now }) => {
    if (!order) throw new NotYet(`order ${message.data.orderId} is not known here yet`);
    const refundedAmount = order.refundedAmount + message.data.amount;
    return [
      step(order, message, { amount: message.data.amount }),
      orders.put({ ...order, refundedAmount, updatedAt: now }),
    ];
  },
});

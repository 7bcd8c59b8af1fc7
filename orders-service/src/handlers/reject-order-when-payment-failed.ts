import { PaymentFailed } from '@comanda/contracts';
import { on } from '@comanda/messaging';
import { orders } from '../storage/tables.js';
import { advance } from './steps.js';

export const rejectOrderWhenPaymentFailed = on(PaymentFailed, 'reject order when payment failed', {
  needs: ({ tenantid, data }) => ({ order: orders.lock(tenantid, data.orderId) }),
  decide: (message, { order }, context) =>
    advance(
      message,
      order,
      { kind: 'payment-failed', code: message.data.code, reason: message.data.reason },
      context,
    ),
});

import { PaymentCompleted } from '@comanda/contracts';
import { on } from '@comanda/messaging';
import { orders } from '../storage/tables.js';
import { advance } from './steps.js';

export const confirmOrderWhenPaymentCompleted = on(PaymentCompleted, 'confirm order when payment completed', {
  needs: ({ tenantid, data }) => ({ order: orders.lock(tenantid, data.orderId) }),
  decide: (message, { order }, context) =>
    advance(message, order, { kind: 'payment-completed', paymentId: message.data.paymentId }, context),
});

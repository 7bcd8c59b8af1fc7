import { PaymentCompleted } from '@comanda/contracts';
import { onOrder } from './on-order.js';

export const confirmOrderWhenPaymentCompleted = onOrder(
  PaymentCompleted,
  'confirm order when payment completed',
  ({ paymentId }) => ({ kind: 'payment-completed', paymentId }),
);

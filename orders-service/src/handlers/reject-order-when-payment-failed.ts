import { PaymentFailed } from '@comanda/contracts';
import { onOrder } from './on-order.js';

export const rejectOrderWhenPaymentFailed = onOrder(
  PaymentFailed,
  'reject order when payment failed',
  ({ code, reason }) => ({ kind: 'payment-failed', code, reason }),
);

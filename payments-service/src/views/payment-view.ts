import { PaymentView, viewOf } from '@comanda/contracts';
import type { Payment } from '../domain/payment.js';

/** A payment as clients see it; `undefined` when nothing was ever to be charged. */
export const paymentView = ({ status, ...payment }: Payment) =>
  status === 'VOID' ? undefined : viewOf(PaymentView, { ...payment, status });

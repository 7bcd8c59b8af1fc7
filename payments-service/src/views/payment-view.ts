import type { Payment } from '../domain/payment.js';

/** A payment as clients see it. */
export function paymentView(payment: Payment) {
  const { paymentId, status, amount, currency, provider, refundedAmount, failureCode, createdAt } = payment;
  return {
    ...{ paymentId, status, amount, currency, provider, refundedAmount },
    ...(failureCode !== null && { failureCode }),
    createdAt,
  };
}

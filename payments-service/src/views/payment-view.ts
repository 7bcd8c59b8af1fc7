import type { Payment } from '../domain/payment.js';

/** A payment as clients see it. */
export function paymentView(payment: Payment) {
  const { paymentId, status, amount, currency, provider, refundedAmount, failureCode, disputes, createdAt } =
    payment;
  return {
    ...{ paymentId, status, amount, currency, provider, refundedAmount },
    ...(failureCode !== null && { failureCode }),
    ...(disputes.length > 0 && { disputes: disputes.map(({ reference: _, ...dispute }) => dispute) }),
    createdAt,
  };
}

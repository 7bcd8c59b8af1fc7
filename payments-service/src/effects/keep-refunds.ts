import { PaymentRefunded, RefundFailed } from '@comanda/contracts';
import { type Context, type Effect, emit } from '@comanda/messaging';
import type { RefundChange, RefundStep } from '../domain/refund.js';
import { payments, refunds } from '../storage/tables.js';
import { scheduleRefund } from './provider-work.js';

/** Writes a payment and its refunds, and schedules the work of the refunds that begin. */
export const keepRefunds = (
  { payment, refunds: changed, begun }: RefundChange,
  { now }: Context,
): Effect[] => [
  payments.put(payment),
  ...[...changed, ...begun].map((refund) => refunds.put(refund)),
  ...begun.map(({ refundId, orderId }) => scheduleRefund(refundId, now, { orderId })),
];

/** The money went back: the rows, and the event. */
export function completeRefund(step: Extract<RefundStep, { kind: 'refunded' }>, context: Context): Effect[] {
  const payment = { ...step.payment, sequence: step.payment.sequence + 1 };
  const { orderId, paymentId, sequence, currency } = payment;
  const { refundId, amount } = step.refund;
  const remaining = payment.amount - payment.refundedAmount;
  return [
    ...keepRefunds({ ...step, payment }, context),
    emit(PaymentRefunded, {
      id: context.newId(),
      subject: paymentId,
      sequence,
      data: { orderId, paymentId, refundId, amount, remaining, currency },
    }),
  ];
}

/** A refund that staff requested was refused: the rows, and the event. */
export function refuseRefund(
  step: Extract<RefundStep, { kind: 'failed' }>,
  requestId: string,
  context: Context,
): Effect[] {
  const payment = { ...step.payment, sequence: step.payment.sequence + 1 };
  const { orderId, paymentId, sequence } = payment;
  const { code, reason } = step;
  return [
    ...keepRefunds({ ...step, payment }, context),
    emit(RefundFailed, {
      id: context.newId(),
      subject: paymentId,
      sequence,
      data: { orderId, requestId, code, reason },
    }),
  ];
}

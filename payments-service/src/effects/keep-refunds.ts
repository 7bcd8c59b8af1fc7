import { type Dispute, PaymentDisputed, PaymentRefunded, RefundFailed } from '@comanda/contracts';
import { type Context, type Effect, type Emit, emit } from '@comanda/messaging';
import type { Payment } from '../domain/payment.js';
import type { Reconciled } from '../domain/reconcile.js';
import { type Refund, type RefundChange, type RefundFailure, refundWaitSeconds } from '../domain/refund.js';
import { payments, refunds } from '../storage/tables.js';
import { scheduleRefund } from './provider-work.js';

/** Writes a payment and its refunds, and schedules the work of the refunds that begin, or begin again after a while. */
export const keepRefunds = (
  { payment, refunds: changed, begun }: RefundChange,
  { now }: Context,
): Effect[] => [
  payments.put(payment),
  ...[...changed, ...begun].map((refund) => refunds.put(refund)),
  ...begun.map(({ refundId, orderId, refusals }) => {
    const waitMs = refusals === 0 ? 0 : refundWaitSeconds(refusals) * 1000;
    return scheduleRefund(refundId, new Date(Date.parse(now) + waitMs).toISOString(), { orderId });
  }),
];

/** The money went back: the rows, and the event. */
export const completeRefund = (
  change: RefundChange & { readonly refund: Refund },
  context: Context,
): Effect[] => keepAndTell(change, [(payment) => refundedEvent(payment, change.refund, context)], context);

/** A refund did not go through: the rows, and the event. */
export const failRefund = (change: RefundChange, failure: RefundFailure, context: Context): Effect[] =>
  keepAndTell(change, [(payment) => failedEvent(payment, failure, context)], context);

/** What the provider's books changed in ours: the rows, and an event for each piece of news. */
export const keepReconciled = ({ news, ...change }: Reconciled, context: Context): Effect[] =>
  keepAndTell(
    change,
    news.map((one) => (payment: Payment) => {
      switch (one.kind) {
        case 'refunded':
          return refundedEvent(payment, one.refund, context);
        case 'refund-failed':
          return failedEvent(payment, { ...one, failed: one.refund }, context);
        case 'disputed':
          return disputedEvent(payment, one.dispute, context);
      }
    }),
    context,
  );

/** Each event gets the payment with its own number. */
function keepAndTell(
  change: RefundChange,
  events: readonly ((payment: Payment) => Emit)[],
  context: Context,
): Effect[] {
  const { payment } = change;
  const numbered = (nth: number): Payment => ({ ...payment, sequence: payment.sequence + nth });
  return [
    ...keepRefunds({ ...change, payment: numbered(events.length) }, context),
    ...events.map((event, at) => event(numbered(at + 1))),
  ];
}

const BY = { request: 'staff', undo: 'system', provider: 'provider', dispute: 'provider' } as const;

const remainingOf = ({ amount, refundedAmount }: Payment): number => amount - refundedAmount;

const fieldsOf = ({ paymentId, sequence }: Payment, { newId }: Context) => ({
  id: newId(),
  subject: paymentId,
  sequence,
});

function refundedEvent(
  payment: Payment,
  { refundId, amount, cause, reference }: Refund,
  context: Context,
): Emit {
  const { orderId, paymentId, currency } = payment;
  const made = { amount, currency, remaining: remainingOf(payment), by: BY[cause] };
  return emit(PaymentRefunded, {
    ...fieldsOf(payment, context),
    data: { orderId, paymentId, refundId, ...made, ...(reference !== null && { reference }) },
  });
}

function failedEvent(
  payment: Payment,
  { failed: { refundId: requestId, amount }, code, reason, willRetry }: RefundFailure,
  context: Context,
): Emit {
  const { orderId, paymentId, currency } = payment;
  const remaining = remainingOf(payment);
  return emit(RefundFailed, {
    ...fieldsOf(payment, context),
    data: { orderId, requestId, paymentId, amount, currency, remaining, code, reason, willRetry },
  });
}

function disputedEvent(payment: Payment, { updatedAt: _, ...dispute }: Dispute, context: Context): Emit {
  const { orderId, paymentId } = payment;
  return emit(PaymentDisputed, {
    ...fieldsOf(payment, context),
    data: { orderId, paymentId, ...dispute, remaining: remainingOf(payment) },
  });
}

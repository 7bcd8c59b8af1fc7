import { RefundFailed } from '@comanda/contracts';
import { type Context, type Effect, emit, schedule } from '@comanda/messaging';
import type { Changed, RefundStep } from '../domain/refund.js';
import { payments, refunds } from '../storage/tables.js';
import { REFUND } from '../work/kinds.js';

/** The rows of a payment and its refunds, and the work of those that begin. */
export const keepRefunds = ({ payment, refunds: changed, begun }: Changed, { now }: Context): Effect[] => [
  payments.put({ ...payment }),
  ...[...changed, ...begun].map((refund) => refunds.put({ ...refund })),
  ...begun.map(({ refundId, orderId }) =>
    schedule({ work: REFUND, id: refundId, dueAt: now, payload: { orderId } }),
  ),
];

/** A refund that staff asked for was refused: its rows, and that it is told. */
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

import { PaymentCompleted, PaymentFailed } from '@comanda/contracts';
import { type Context, type Effect, emit } from '@comanda/messaging';
import type { ChargeStep } from '../domain/charge.js';
import { undo } from '../domain/refund.js';
import { payments } from '../storage/tables.js';
import { keepRefunds } from './keep-refunds.js';

/**
 * The end of a charge: the payment's row, its event and, for a late payment, the refund. A payment is late when it was
 * captured after its order ended: the order was rejected or cancelled while the provider was asked (compensation).
 */
export function settle(step: Exclude<ChargeStep, { kind: 'again' }>, context: Context): Effect[] {
  if (step.kind === 'void') return [payments.put(step.payment)];
  const sequence = step.payment.sequence + 1;
  const { orderId, paymentId, amount, currency, provider, failureCode, failureReason } = step.payment;
  const fields = { id: context.newId(), subject: paymentId, sequence };
  const payment = { ...step.payment, sequence };
  if (step.kind === 'failed') {
    const code = failureCode ?? 'FAILED';
    const reason = failureReason ?? 'The payment failed';
    return [
      payments.put(payment),
      emit(PaymentFailed, { ...fields, data: { orderId, paymentId, code, reason } }),
    ];
  }
  const data = { orderId, paymentId, amount, currency, provider };
  const saved = step.refund
    ? keepRefunds(undo(payment, context.newId(), context.now), context)
    : [payments.put(payment)];
  return [...saved, emit(PaymentCompleted, { ...fields, data })];
}

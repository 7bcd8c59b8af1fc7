import { PaymentCompleted, PaymentFailed } from '@comanda/contracts';
import { type Context, type Effect, emit, schedule } from '@comanda/messaging';
import type { ChargeStep } from '../domain/charge.js';
import { payments } from '../storage/tables.js';
import { REFUND } from './kinds.js';

/** The end of a charge: the payment as it is now, what is told of it, and its refund when nobody wants it any longer. */
export function settle(step: Exclude<ChargeStep, { kind: 'again' }>, context: Context): Effect[] {
  if (step.kind === 'void') return [payments.put(step.payment)];
  const sequence = step.payment.sequence + 1;
  const { orderId, paymentId, amount, currency, provider, failureCode, failureReason } = step.payment;
  const fields = { id: context.newId(), subject: paymentId, sequence };
  const saved = payments.put({ ...step.payment, sequence });
  if (step.kind === 'failed') {
    const code = failureCode ?? 'FAILED';
    const reason = failureReason ?? 'The payment failed';
    return [saved, emit(PaymentFailed, { ...fields, data: { orderId, paymentId, code, reason } })];
  }
  const data = { orderId, paymentId, amount, currency, provider };
  return [
    saved,
    emit(PaymentCompleted, { ...fields, data }),
    ...(step.refund && amount > 0 ? [schedule(REFUND, context.newId(), context.now, { orderId })] : []),
  ];
}

import { defineWork } from '@comanda/messaging';
import { type Cause, type Database } from '@comanda/storage';
import { type ChargeResult, charged, isCertain, isOver } from '../domain/charge.js';
import type { Payment } from '../domain/payment.js';
import { CHARGE, ChargePayload, scheduleCharge } from '../effects/provider-work.js';
import { settle } from '../effects/settle.js';
import type { PaymentProvider } from '../provider/provider.js';
import { payments } from '../storage/tables.js';
import { chargeOf } from './charge-of.js';

/** Charges the payment of one order. A late payment, captured after its order ended, is refunded by `settle`. */
export const charge = (provider: PaymentProvider, database: Pick<Database, 'of'>, clock = () => new Date()) =>
  defineWork({
    kind: CHARGE,
    payload: ChargePayload,
    leaseSeconds: 15,
    concurrency: 200,
    run: async ({ tenantId, attempt, payload, cause }) => {
      const payment = await database.of(tenantId).find(payments.read(tenantId, payload.orderId));
      if (payment?.status !== 'PENDING') return { kind: 'closed' as const };
      return ask(provider, payment, { start: attempt, progress: payload, now: clock().toISOString(), cause });
    },
    needs: ({ tenantId, payload }) => ({ payment: payments.lock(tenantId, payload.orderId) }),
    decide: ({ id, attempt, payload }, result, { payment }, context) => {
      if (payment?.status !== 'PENDING') return []; // settled before: a repeated answer
      const step = charged(payment, result, { start: attempt, progress: payload }, context.now);
      if (step.kind !== 'again') return settle(step, context);
      const saved = step.payment === payment ? [] : [payments.put(step.payment)];
      return [...saved, scheduleCharge(id, step.dueAt, { ...payload, ...step.progress })];
    },
  });

/** Charges, unless an earlier call may have charged: then it asks first. A payment that is over is closed instead. */
async function ask(
  provider: PaymentProvider,
  payment: Payment,
  { start, progress, now, cause }: { start: number; progress: ChargePayload; now: string; cause: Cause },
): Promise<ChargeResult> {
  const certain = isCertain(start, progress);
  const wanted = chargeOf(payment, progress.refusals + 1, cause);
  if (isOver(payment, progress, now)) {
    // It is closed even when all answers are known: an earlier start that was overtaken may still call the provider.
    const open = payment.reference !== null || !certain;
    return open ? provider.cancel(wanted) : { kind: 'closed' };
  }
  // A free order: there is nothing to ask for.
  if (payment.amount === 0) return { kind: 'captured', reference: 'nothing-to-pay' };
  if (!certain) {
    const found = await provider.find(wanted);
    // A "not now" that is found may be the answer to an earlier call: the same call, repeated, gets its own answer.
    if (found.kind !== 'none' && found.kind !== 'retry') return found;
  }
  return provider.charge(wanted);
}

import { Id, Timestamp } from '@comanda/contracts';
import { defineWork, schedule } from '@comanda/messaging';
import { type Database } from '@comanda/storage';
import { z } from 'zod';
import { type ChargeResult, charged, isCertain, isOver } from '../domain/charge.js';
import type { Payment } from '../domain/payment.js';
import type { PaymentProvider } from '../provider/provider.js';
import { readPayment } from '../storage/read-rows.js';
import { payments } from '../storage/tables.js';
import { chargeOf } from './charge-of.js';
import { CHARGE } from './kinds.js';
import { settle } from './settle.js';

/** The work's id is the payment's. `certain`, `refusals` and `expiresAt` are the charge's `Progress`. */
export const ChargePayload = z.object({
  orderId: Id,
  expiresAt: Timestamp,
  certain: z.number().int().default(0),
  refusals: z.number().int().default(0),
});
type ChargePayload = z.output<typeof ChargePayload>;

/** Gets the money of one order, and tells what came of it. */
export const charge = (provider: PaymentProvider, database: Pick<Database, 'of'>, clock = () => new Date()) =>
  defineWork({
    kind: CHARGE,
    payload: ChargePayload,
    leaseSeconds: 15,
    concurrency: 200,
    run: async ({ tenantId, attempt, payload }) => {
      const payment = await readPayment(database, tenantId, payload.orderId);
      if (payment?.status !== 'PENDING') return { kind: 'closed' as const };
      return ask(provider, payment, { start: attempt, progress: payload, now: clock().toISOString() });
    },
    needs: ({ tenantId, payload }) => ({ payment: payments.lock(tenantId, payload.orderId) }),
    decide: ({ id, attempt, payload }, result, { payment }, context) => {
      if (payment?.status !== 'PENDING') return []; // settled before: this answer is an echo
      const step = charged(payment, result, { start: attempt, progress: payload }, context.now);
      if (step.kind !== 'again') return settle(step, context);
      const saved = step.payment === payment ? [] : [payments.put(step.payment)];
      return [
        ...saved,
        schedule({ work: CHARGE, id, dueAt: step.dueAt, payload: { ...payload, ...step.progress } }),
      ];
    },
  });

/** Charges; but what may have been charged is asked for first, and what is not wanted any longer is shut instead. */
async function ask(
  provider: PaymentProvider,
  payment: Payment,
  { start, progress, now }: { start: number; progress: ChargePayload; now: string },
): Promise<ChargeResult> {
  const certain = isCertain(start, progress);
  const wanted = chargeOf(payment, progress.refusals + 1);
  if (isOver(payment, progress, now)) {
    // What is open is shut there, also when all answers are known: a start that was overtaken may still call.
    const open = payment.reference !== null || !certain;
    return open ? provider.cancel(wanted) : { kind: 'closed' };
  }
  // Nothing to pay, so nobody to ask.
  if (payment.amount === 0) return { kind: 'captured', reference: 'nothing-to-pay' };
  if (!certain) {
    const found = await provider.find(wanted);
    // A "not now" that is found may be the answer to an earlier call. The same call once more tells its own.
    if (found.kind !== 'none' && found.kind !== 'retry') return found;
  }
  return provider.charge(wanted);
}

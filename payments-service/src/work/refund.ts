import { Id, PaymentRefunded } from '@comanda/contracts';
import { type Context, defineWork, type Effect, emit, schedule } from '@comanda/messaging';
import { type Database } from '@comanda/storage';
import { z } from 'zod';
import { type RefundResult, type RefundStep, refundAnswered } from '../domain/refund.js';
import { keepRefunds, refuseRefund } from '../handlers/keep-refunds.js';
import type { PaymentProvider } from '../provider/provider.js';
import { readPayment, readRefund } from '../storage/read-rows.js';
import { payments, refunds } from '../storage/tables.js';
import { REFUND } from './kinds.js';

/**
 * Gives money back: what staff want, or what is owed because its order is off. The work's id is the refund's, and with
 * it the idempotency key: however often it is tried, the money goes back once.
 */
export const refund = (provider: PaymentProvider, database: Pick<Database, 'of'>) =>
  defineWork({
    kind: REFUND,
    payload: z.object({ orderId: Id }),
    leaseSeconds: 15,
    concurrency: 20,
    run: async ({ id, tenantId, payload: { orderId } }): Promise<RefundResult | undefined> => {
      const payment = await readPayment(database, tenantId, orderId);
      const wanted = await readRefund(database, tenantId, orderId, id);
      if (wanted?.status !== 'PENDING') return undefined;
      if (!payment?.reference) throw new Error(`nothing was captured for order ${orderId}`);
      const { paymentId, reference, currency } = payment;
      const { amount, refusals } = wanted;
      return provider.refund({ refundId: id, attempt: refusals + 1, paymentId, reference, amount, currency });
    },
    needs: ({ id, tenantId, payload: { orderId } }) => ({
      payment: payments.lock(tenantId, orderId),
      wanted: refunds.lock(tenantId, orderId, id),
    }),
    decide: ({ id, attempt, payload }, result, { payment, wanted }, context) => {
      if (!payment || wanted?.status !== 'PENDING' || !result) return []; // over: this answer is an echo
      const nextId = context.newId();
      const step = refundAnswered(payment, wanted, result, { start: attempt, nextId, now: context.now });
      switch (step.kind) {
        case 'again':
          return [
            ...step.refunds.map((one) => refunds.put({ ...one })),
            schedule({ work: REFUND, id, dueAt: step.dueAt, payload }),
          ];
        case 'refunded':
          return tellRefund(step, context);
        case 'failed':
          return refuseRefund(step, id, context);
      }
    },
  });

function tellRefund(step: Extract<RefundStep, { kind: 'refunded' }>, context: Context): Effect[] {
  const payment = { ...step.payment, sequence: step.payment.sequence + 1 };
  const { orderId, paymentId, amount, refundedAmount, sequence } = payment;
  const { refundId, amount: back } = step.refund;
  return [
    ...keepRefunds({ ...step, payment }, context),
    emit(PaymentRefunded, {
      id: context.newId(),
      subject: paymentId,
      sequence,
      data: { orderId, paymentId, refundId, amount: back, remaining: amount - refundedAmount },
    }),
  ];
}

import { Id } from '@comanda/contracts';
import { defineWork } from '@comanda/messaging';
import { type Database } from '@comanda/storage';
import { z } from 'zod';
import { type RefundResult, refundAnswered } from '../domain/refund.js';
import { completeRefund, refuseRefund } from '../effects/keep-refunds.js';
import { REFUND, scheduleRefund } from '../effects/provider-work.js';
import type { PaymentProvider } from '../provider/provider.js';
import { payments, refunds } from '../storage/tables.js';

/**
 * Gives money back: because staff requested it, or as the compensation of an order that is off. The work has the refund's
 * id, which is also the idempotency key of the call: however often it is made, the money goes back once.
 */
export const refund = (provider: PaymentProvider, database: Pick<Database, 'of'>) =>
  defineWork({
    kind: REFUND,
    payload: z.object({ orderId: Id }),
    leaseSeconds: 15,
    concurrency: 20,
    run: async ({ id, tenantId, payload: { orderId } }): Promise<RefundResult | undefined> => {
      const reader = database.of(tenantId);
      const payment = await reader.find(payments.read(tenantId, orderId));
      const wanted = await reader.find(refunds.read(tenantId, orderId, id));
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
      if (!payment || wanted?.status !== 'PENDING' || !result) return []; // the refund is over: a repeated answer
      const nextId = context.newId();
      const step = refundAnswered(payment, wanted, result, { start: attempt, nextId, now: context.now });
      switch (step.kind) {
        case 'again':
          return [...step.refunds.map((one) => refunds.put(one)), scheduleRefund(id, step.dueAt, payload)];
        case 'refunded':
          return completeRefund(step, context);
        case 'failed':
          return refuseRefund(step, id, context);
      }
    },
  });

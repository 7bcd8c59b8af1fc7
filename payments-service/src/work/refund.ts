import { defineWork } from '@comanda/messaging';
import { type Database } from '@comanda/storage';
import { type RefundResult, refundAnswered } from '../domain/refund.js';
import { completeRefund, failRefund } from '../effects/keep-refunds.js';
import { REFUND, scheduleReconcile, scheduleRefund } from '../effects/provider-work.js';
import type { PaymentProvider } from '../provider/provider.js';
import { payments, refunds } from '../storage/tables.js';
import { aboutAnOrder } from './about-an-order.js';

/**
 * Gives money back: because staff requested it, or as the compensation of an order that is off. The work has the refund's
 * id, which is also the idempotency key of the call: however often it is made, the money goes back once.
 */
export const refund = (provider: PaymentProvider, database: Pick<Database, 'of'>) =>
  defineWork({
    kind: REFUND,
    ...aboutAnOrder,
    run: async ({ id, tenantId, payload: { orderId }, cause }): Promise<RefundResult | undefined> => {
      const reader = database.of(tenantId);
      const payment = await reader.find(payments.read(tenantId, orderId));
      const wanted = await reader.find(refunds.read(tenantId, orderId, id));
      if (wanted?.status !== 'PENDING') return undefined;
      if (!payment?.reference) throw new Error(`nothing was captured for order ${orderId}`);
      const { paymentId, reference, currency } = payment;
      const { amount, refusals } = wanted;
      const names = { refundId: id, attempt: refusals + 1, paymentId, orderId, tenantId };
      return provider.refund({ ...names, reference, amount, currency, correlationId: cause.correlationid });
    },
    needs: ({ id, tenantId, payload: { orderId } }) => ({
      payment: payments.lock(tenantId, orderId),
      wanted: refunds.lock(tenantId, orderId, id),
    }),
    decide: ({ id, attempt, payload }, result, { payment, wanted }, context) => {
      if (!payment || !wanted || !result) return [];
      // A refund that is refused, or was made although we count it as failed, says that the provider's books are not ours.
      const { provider, reference } = payment;
      const compare = () =>
        scheduleReconcile(
          payment.tenantId,
          { provider, ...(reference !== null && { reference }) },
          context.now,
        );
      if (wanted.status !== 'PENDING') {
        const known = result.kind !== 'refunded' || wanted.reference === result.reference;
        return known ? [] : compare();
      }
      const nextId = context.newId();
      const step = refundAnswered(payment, wanted, result, { start: attempt, nextId, now: context.now });
      const refused = result.kind === 'refused' ? compare() : [];
      switch (step.kind) {
        case 'again': {
          const kept = step.failure
            ? failRefund(step, step.failure, context)
            : step.refunds.map((one) => refunds.put(one));
          return [...kept, scheduleRefund(id, step.dueAt, payload), ...refused];
        }
        case 'refunded':
          // An earlier call may have made it, over another amount.
          return [...completeRefund(step, context), ...(wanted.refusals > 0 ? compare() : [])];
        case 'failed':
          return [...failRefund(step, step, context), ...refused];
      }
    },
  });

import { Id, PaymentRefunded } from '@comanda/contracts';
import { type Database, defineWork, emit, schedule } from '@comanda/messaging';
import { z } from 'zod';
import { refunded, refundWaitSeconds } from '../domain/payment.js';
import type { PaymentProvider } from '../provider/provider.js';
import { readPayment } from '../storage/read-payment.js';
import { payments } from '../storage/tables.js';
import { REFUND } from './kinds.js';

/**
 * Gives all of a capture back, because its order ended otherwise. The work's id is the refund's and its idempotency
 * key: however often it is tried, the money goes back once.
 */
export const refund = (provider: PaymentProvider, database: Pick<Database, 'of'>) =>
  defineWork({
    kind: REFUND,
    payload: z.object({ orderId: Id }),
    leaseSeconds: 15,
    concurrency: 20,
    run: async ({ id, tenantId, payload }) => {
      const payment = await readPayment(database, tenantId, payload.orderId);
      if (!payment?.reference) throw new Error(`nothing was captured for order ${payload.orderId}`);
      const { paymentId, reference, amount, currency } = payment;
      return provider.refund({ refundId: id, paymentId, reference, amount, currency });
    },
    needs: ({ tenantId, payload }) => ({ payment: payments.one(tenantId, payload.orderId) }),
    decide: ({ id, attempt, payload }, result, { payment }, context) => {
      if (payment?.status !== 'COMPLETED') return [];
      if (result.kind === 'retry') {
        const dueAt = new Date(Date.parse(context.now) + refundWaitSeconds(attempt) * 1000).toISOString();
        return [schedule(REFUND, id, dueAt, payload)];
      }
      const sequence = payment.sequence + 1;
      const { orderId, paymentId, amount } = payment;
      return [
        payments.put({ ...refunded(payment, context.now), sequence }),
        emit(PaymentRefunded, {
          id: context.newId(),
          subject: paymentId,
          sequence,
          data: { orderId, paymentId, refundId: id, amount, remaining: 0 },
        }),
      ];
    },
  });

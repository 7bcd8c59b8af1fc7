import { Amount, Currency, Id, PaymentCompleted, PaymentFailed } from '@comanda/contracts';
import { defineWork, emit, schedule } from '@comanda/messaging';
import { z } from 'zod';
import { charged } from '../domain/payment.js';
import type { PaymentProvider } from '../provider/provider.js';
import { payments } from '../storage/tables.js';
import { CHARGE, REFUND } from './kinds.js';

/** What the provider is asked for; the work's id is the payment's. */
export const ChargePayload = z.object({
  orderId: Id,
  amount: Amount,
  currency: Currency,
  method: z.string().optional(),
  /** How often the provider said "not now". */
  refusals: z.number().int().min(0).default(0),
});

/** Asks the provider for the money of one order, and tells what came of it. */
export const charge = (provider: PaymentProvider) =>
  defineWork({
    kind: CHARGE,
    payload: ChargePayload,
    leaseSeconds: 15,
    concurrency: 200,
    run: ({ id, attempt, payload }) =>
      provider.charge({
        paymentId: id,
        attempt,
        orderId: payload.orderId,
        amount: payload.amount,
        currency: payload.currency,
        method: payload.method,
      }),
    needs: ({ tenantId, payload }) => ({ payment: payments.one(tenantId, payload.orderId) }),
    decide: ({ id, attempt, payload }, result, { payment }, context) => {
      if (payment?.status !== 'PENDING') return []; // settled before: this answer is an echo
      const step = charged(payment, result, { attempt, refusals: payload.refusals }, context.now);
      if (step.kind === 'again') {
        return [
          schedule(CHARGE, id, new Date(Date.parse(context.now) + step.afterSeconds * 1000).toISOString(), {
            ...payload,
            refusals: step.refusals,
          }),
        ];
      }
      const sequence = payment.sequence + 1;
      const { orderId, amount, currency, failureCode, failureReason } = step.payment;
      const fields = { id: context.newId(), subject: id, sequence };
      const saved = payments.put({ ...step.payment, sequence });
      if (step.kind === 'failed') {
        const data = {
          orderId,
          paymentId: id,
          code: failureCode ?? 'FAILED',
          reason: failureReason ?? 'The payment failed',
        };
        return [saved, emit(PaymentFailed, { ...fields, data })];
      }
      const told = emit(PaymentCompleted, {
        ...fields,
        data: { orderId, paymentId: id, amount, currency, provider: provider.name },
      });
      return [
        saved,
        told,
        ...(step.refund && amount > 0 ? [schedule(REFUND, context.newId(), context.now, { orderId })] : []),
      ];
    },
  });

import { z } from 'zod';
import { defineQuery } from '../define.js';
import { Id } from '../ids.js';
import { Amount, Currency } from '../money.js';
import { PaymentStatus, Timestamp } from '../shared-shapes.js';

export const ListPaymentsByOrder = defineQuery('payments.listByOrder', {
  to: 'payments-service',
  summary: 'What was charged and refunded for an order.',
  data: z.object({ orderId: Id }),
  result: z.object({
    items: z.array(
      z.object({
        paymentId: Id,
        status: PaymentStatus,
        amount: Amount,
        currency: Currency,
        provider: z.string(),
        refundedAmount: Amount,
        failureCode: z.string().optional(),
        createdAt: Timestamp,
      }),
    ),
  }),
});

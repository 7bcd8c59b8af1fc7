import { z } from 'zod';
import { defineCommand, defineQuery } from '../define.js';
import { Id } from '../ids.js';
import { Amount, Currency } from '../money.js';
import { PaymentStatus, Timestamp } from '../shared-shapes.js';

const to = 'payments-service';

export const PaymentProviderCalled = defineCommand('payments.providerCalled', {
  to,
  summary: 'The payment provider called: there is news of a payment. The gateway has verified its signature.',
  data: z.object({
    provider: z.string(),
    orderId: Id,
    paymentId: Id,
    /** The provider's own id of its call, for the log of both sides. */
    callId: z.string().max(255),
    /** What the provider says happened, in its own words. */
    type: z.string().max(100),
  }),
  result: z.object({}),
});

/** A payment as clients see it. */
export const PaymentView = z.object({
  paymentId: Id,
  status: PaymentStatus,
  amount: Amount,
  currency: Currency,
  provider: z.string(),
  refundedAmount: Amount,
  failureCode: z.string().optional(),
  createdAt: Timestamp,
});

export const ListPaymentsByOrder = defineQuery('payments.listByOrder', {
  to,
  summary: 'What was charged and refunded for an order.',
  data: z.object({ orderId: Id }),
  result: z.object({ items: z.array(PaymentView) }),
});

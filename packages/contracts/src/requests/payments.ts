import { z } from 'zod';
import { defineCommand, defineQuery } from '../define.js';
import { Id, printable, Word } from '../ids.js';
import { Amount, Currency } from '../money.js';
import { PaymentStatus } from '../shared-shapes.js';
import { Timestamp } from '../timestamp.js';

const to = 'payments-service';

export const PaymentProviderCalled = defineCommand('payments.providerCalled', {
  to,
  summary: 'The payment provider called: there is news of a payment. The gateway has verified its signature.',
  data: z.object({
    provider: printable(50),
    orderId: Id,
    paymentId: Id,
    /** The provider's own id of its call, for the log of both sides. */
    callId: printable(255),
    /** What the provider says happened, in its own words. */
    type: printable(100),
  }),
  result: z.object({}),
});

/** A payment as clients see it. */
export const PaymentView = z.object({
  paymentId: Id,
  status: PaymentStatus,
  amount: Amount,
  currency: Currency,
  provider: Word,
  refundedAmount: Amount,
  failureCode: Word.optional(),
  createdAt: Timestamp,
});

export const ListPaymentsByOrder = defineQuery('payments.listByOrder', {
  to,
  summary: 'What was charged and refunded for an order.',
  data: z.object({ orderId: Id }),
  result: z.object({ items: z.array(PaymentView) }),
});

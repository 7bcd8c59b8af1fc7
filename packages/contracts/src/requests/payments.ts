import { z } from 'zod';
import { defineCommand, defineQuery } from '../define.js';
import { Id, printable, Word } from '../ids.js';
import { Amount, Currency } from '../money.js';
import { DisputeStatus, PaymentStatus } from '../shared-shapes.js';
import { StoredText } from '../text.js';
import { Timestamp } from '../timestamp.js';

const to = 'payments-service';

export const PaymentProviderCalled = defineCommand('payments.providerCalled', {
  to,
  summary: 'The payment provider called: there is news of a payment. The gateway has verified its signature.',
  data: z.object({
    provider: printable(50),
    /** Whose payment it is, when the provider says so. */
    orderId: Id.optional(),
    paymentId: Id.optional(),
    /** What the provider calls the payment, or what it captured: whose it is we look up then. */
    reference: printable(255).optional(),
    charge: printable(255).optional(),
    /** Whether the charge was decided, or money may have gone back: by a refund or a dispute. */
    about: z.enum(['charge', 'money-back']).default('charge'),
    /** The provider's own id of its call, for the log of both sides. */
    callId: printable(255),
    /** What the provider says happened, in its own words. */
    type: printable(100),
  }),
  result: z.object({}),
});

export const RefundCause = z
  .enum(['request', 'undo', 'provider', 'dispute'])
  .describe(
    '`request`: staff requested it; `undo`: the order is off; `provider`: made at the provider; `dispute`: what a lost dispute took',
  );

/** A dispute as clients see it. */
export const Dispute = z.object({
  disputeId: Id,
  /** What the provider calls it. */
  reference: Word,
  status: DisputeStatus,
  amount: Amount,
  currency: Currency,
  code: Word,
  reason: StoredText,
  updatedAt: Timestamp,
});
export type Dispute = z.output<typeof Dispute>;

/** A payment as clients see it. */
export const PaymentView = z.object({
  paymentId: Id,
  status: PaymentStatus,
  amount: Amount,
  currency: Currency,
  provider: Word,
  refundedAmount: Amount,
  disputes: z.array(Dispute).default([]),
  failureCode: Word.optional(),
  createdAt: Timestamp,
});

/** What went back, is on its way back, or failed to. */
export const ListRefundsByOrder = defineQuery('payments.listRefundsByOrder', {
  to,
  summary: 'The refunds of an order, oldest first.',
  data: z.object({ orderId: Id }),
  result: z.object({
    items: z.array(
      z.object({
        refundId: Id,
        cause: RefundCause,
        status: z.enum(['PENDING', 'REFUNDED', 'FAILED']),
        amount: Amount,
        currency: Currency,
        failureCode: Word.optional(),
        createdAt: Timestamp,
        updatedAt: Timestamp,
      }),
    ),
  }),
});

export const ListPaymentsByOrder = defineQuery('payments.listByOrder', {
  to,
  summary: 'What was charged and refunded for an order.',
  data: z.object({ orderId: Id }),
  result: z.object({ items: z.array(PaymentView) }),
});

import { z } from 'zod';
import { defineEvent } from '../define.js';
import { Id, Word } from '../ids.js';
import { Amount, Currency, CurrencyOnceAbsent } from '../money.js';
import { DisputeStatus } from '../shared-shapes.js';
import { StoredText } from '../text.js';
import { disputeId, orderId, paymentId, refundId } from './examples.js';

const ofPayment = { publisher: 'payments-service', aggregate: 'payment' } as const;

export const PaymentCompleted = defineEvent('payment.completed', {
  ...ofPayment,
  consumers: ['orders-service', 'webhook-publisher'],
  summary: 'The money was captured.',
  data: z.object({ orderId: Id, paymentId: Id, amount: Amount, currency: Currency, provider: Word }),
  example: { orderId, paymentId, amount: 360, currency: 'EUR', provider: 'simulated' },
});

export const PaymentFailed = defineEvent('payment.failed', {
  ...ofPayment,
  consumers: ['orders-service', 'webhook-publisher'],
  summary: 'The payment failed: it was declined, or the provider failed for good.',
  data: z.object({ orderId: Id, paymentId: Id, code: Word, reason: StoredText }),
  example: { orderId, paymentId, code: 'CARD_DECLINED', reason: 'The card was declined' },
});

const Remaining = Amount.describe('What is still captured: less all refunds and lost disputes so far');

export const PaymentRefunded = defineEvent('payment.refunded', {
  ...ofPayment,
  consumers: ['orders-service', 'webhook-publisher'],
  summary:
    'Money was refunded: because staff asked for it, because the order is off, or by somebody at the provider itself.',
  data: z.object({
    orderId: Id,
    paymentId: Id,
    refundId: Id,
    amount: Amount.min(1),
    currency: CurrencyOnceAbsent,
    remaining: Remaining,
    by: z.enum(['staff', 'system', 'provider']).optional().describe('`provider`: in its dashboard, say'),
    reference: Word.optional().describe('What the provider calls this refund'),
  }),
  example: {
    ...{ orderId, paymentId, refundId, amount: 360, currency: 'EUR', remaining: 0 },
    ...{ by: 'staff', reference: 're_1' },
  },
});

export const RefundFailed = defineEvent('payment.refundFailed', {
  ...ofPayment,
  consumers: ['orders-service', 'webhook-publisher'],
  summary:
    'A refund did not go through: the provider refused it, or took it and says days later that it failed. Its amount is not refunded any longer.',
  // What is optional was not told before refunds could fail later.
  data: z.object({
    orderId: Id,
    requestId: Id.describe(
      'The `refundId` of the refund, which is the id of the request if staff requested it',
    ),
    paymentId: Id.optional(),
    amount: Amount.min(1).optional(),
    currency: CurrencyOnceAbsent,
    remaining: Remaining.optional(),
    code: Word,
    reason: StoredText,
    willRetry: z
      .boolean()
      .optional()
      .describe('The money is owed, because the order is off: it is tried again'),
  }),
  example: {
    ...{ orderId, requestId: refundId, paymentId, amount: 360, currency: 'EUR', remaining: 360 },
    code: 'EXPIRED_OR_CANCELED_CARD',
    reason: 'The payment provider could not give the money back.',
    willRetry: false,
  },
});

export const PaymentDisputed = defineEvent('payment.disputed', {
  ...ofPayment,
  consumers: ['orders-service', 'webhook-publisher'],
  summary:
    'The owner of the card disputes the payment: the dispute was opened, won or lost. What is lost counts as money that went back.',
  data: z.object({
    orderId: Id,
    paymentId: Id,
    disputeId: Id,
    status: DisputeStatus,
    amount: Amount,
    currency: Currency,
    code: Word.describe('Why, by the provider’s code'),
    reason: StoredText,
    remaining: Remaining,
    reference: Word.describe('What the provider calls this dispute'),
  }),
  example: {
    ...{ orderId, paymentId, disputeId, status: 'opened', amount: 360, currency: 'EUR' },
    ...{ code: 'FRAUDULENT', reason: 'The owner of the card did not make the payment.' },
    ...{ remaining: 360, reference: 'dp_1' },
  },
});

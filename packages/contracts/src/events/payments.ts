import { z } from 'zod';
import { defineEvent } from '../define.js';
import { Id, Word } from '../ids.js';
import { Amount, Currency, CurrencyOnceAbsent } from '../money.js';
import { StoredText } from '../text.js';
import { orderId, paymentId, refundId } from './examples.js';

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

export const PaymentRefunded = defineEvent('payment.refunded', {
  ...ofPayment,
  consumers: ['orders-service', 'webhook-publisher'],
  summary: 'Money was refunded. `remaining` is what is still captured.',
  data: z.object({
    orderId: Id,
    paymentId: Id,
    refundId: Id,
    amount: Amount.min(1),
    remaining: Amount,
    currency: CurrencyOnceAbsent,
  }),
  example: { orderId, paymentId, refundId, amount: 360, remaining: 0, currency: 'EUR' },
});

export const RefundFailed = defineEvent('payment.refundFailed', {
  ...ofPayment,
  consumers: ['orders-service', 'webhook-publisher'],
  summary: 'The provider refused a refund that staff requested. No money went back.',
  data: z.object({ orderId: Id, requestId: Id, code: Word, reason: StoredText }),
  example: {
    orderId,
    requestId: refundId,
    code: 'CHARGE_DISPUTED',
    reason: 'The charge is disputed by its owner',
  },
});

import { z } from 'zod';
import { defineEvent } from '../define.js';

import { Id, Word } from '../ids.js';
import { Amount, Currency, CurrencyOnceAbsent, NO_CURRENCY } from '../money.js';

import { PaymentMethod, PricedItem } from '../shared-shapes.js';
import { StoredText } from '../text.js';
import { customerId, orderId, paymentId, productId, refundId } from './examples.js';

/** So webhook-publisher waits for a contact that is still on its way. No subscriber needs it. */
const hasContact = z.literal(true).optional().describe('The customer left a contact');

const ofOrder = { publisher: 'orders-service', aggregate: 'order' } as const;

export const OrderCreated = defineEvent('order.created', {
  ...ofOrder,
  consumers: ['products-service', 'webhook-publisher'],
  summary: 'An order was taken: priced, and waiting for its stock.',
  data: z.object({
    orderId: Id,
    customerId: Id,
    currency: Currency,
    items: z.array(PricedItem).min(1),
    totalAmount: Amount,
    paymentMethod: PaymentMethod.optional(),
  }),
  internal: ['paymentMethod'],
  example: {
    orderId,
    customerId,
    currency: 'EUR',
    items: [{ productId, sku: 'ESPRESSO', name: 'Espresso', quantity: 2, unitPrice: 180, lineTotal: 360 }],
    totalAmount: 360,
  },
});

export const OrderConfirmed = defineEvent('order.confirmed', {
  ...ofOrder,
  consumers: ['products-service', 'webhook-publisher'],
  summary: 'The order is paid and its stock is held for it.',
  data: z.object({ orderId: Id, totalAmount: Amount, currency: Currency, paymentId: Id, hasContact }),
  internal: ['hasContact'],
  example: { orderId, totalAmount: 360, currency: 'EUR', paymentId },
});

export const OrderRejected = defineEvent('order.rejected', {
  ...ofOrder,
  consumers: ['products-service', 'payments-service', 'webhook-publisher'],
  summary: 'The order ended without a sale: no stock, payment declined, or invalid.',
  data: z.object({ orderId: Id, reason: StoredText, code: Word, hasContact }),
  internal: ['hasContact'],
  example: { orderId, reason: 'Not enough stock', code: 'OUT_OF_STOCK' },
});

export const OrderCancelled = defineEvent('order.cancelled', {
  ...ofOrder,
  consumers: ['products-service', 'payments-service', 'webhook-publisher'],
  summary: 'The client or staff cancelled the order, or its reservation expired.',
  data: z.object({
    orderId: Id,
    reason: StoredText,
    by: z.enum(['customer', 'staff', 'system']),
    hasContact,
  }),
  internal: ['hasContact'],
  example: { orderId, reason: 'Changed my mind', by: 'customer' },
});

export const OrderFulfilled = defineEvent('order.fulfilled', {
  ...ofOrder,
  consumers: ['webhook-publisher'],
  summary: 'The goods were handed over: the order can still be refunded, but not cancelled.',
  data: z.object({ orderId: Id }),
  example: { orderId },
});

export const OrderRefundRequested = defineEvent('order.refundRequested', {
  ...ofOrder,
  consumers: ['payments-service', 'webhook-publisher'],
  summary:
    'Staff requested a refund of a part of the money, or of all that is left. The status of the order stays.',
  data: z.object({
    orderId: Id,
    paymentId: Id,
    amount: Amount.min(1),
    currency: CurrencyOnceAbsent,
    reason: StoredText,
    requestId: Id.describe('Becomes the `refundId` of the refund that is made of it'),
  }),
  example: {
    orderId,
    paymentId,
    amount: 180,
    currency: 'EUR',
    reason: 'One was cold',
    requestId: refundId,
  },
});

const requestId = '0192d1a4-9000-7000-8000-00000000b002';

/** A request that was answered 202, because it was not known then that it could not be done. */
const RefusedLater = z.object({
  orderId: Id,
  requestId: Id.describe('The one in the answer 202'),
  code: Word,
  reason: StoredText,
});

export const OrderCreateRejected = defineEvent('order.createRejected', {
  ...ofOrder,
  consumers: ['webhook-publisher'],
  summary:
    'Another order was requested under the Idempotency-Key of this one, and answered 202 because that could not be checked. This order stays as it is; the other one was not taken.',
  data: RefusedLater.omit({ requestId: true }),
  example: {
    orderId,
    code: 'IDEMPOTENCY_KEY_REUSED',
    reason: 'This Idempotency-Key was used with another body.',
  },
});

export const OrderCancelRejected = defineEvent('order.cancelRejected', {
  ...ofOrder,
  consumers: ['webhook-publisher'],
  summary: 'A cancellation that was answered 202 was refused after all. The order stays as it is.',
  data: RefusedLater,
  example: {
    orderId,
    requestId,
    code: 'NOT_CANCELLABLE',
    reason: "The order is FULFILLED and can't be cancelled.",
  },
});

export const OrderFulfilRejected = defineEvent('order.fulfilRejected', {
  ...ofOrder,
  consumers: ['webhook-publisher'],
  summary:
    'A request to mark the order as fulfilled that was answered 202 was refused after all. The order stays as it is.',
  data: RefusedLater,
  example: {
    orderId,
    requestId,
    code: 'NOT_FULFILLABLE',
    reason: "The order is CANCELLED and can't be fulfilled.",
  },
});

export const OrderRefundRejected = defineEvent('order.refundRejected', {
  ...ofOrder,
  consumers: ['webhook-publisher'],
  summary: 'A refund request that was answered 202 was refused after all. No money goes back for it.',
  data: RefusedLater.extend({
    amount: Amount.min(1).optional().describe('As requested; missing when all that was left was'),
    currency: Currency.or(z.literal(NO_CURRENCY)),
  }),
  example: {
    orderId,
    requestId: refundId,
    amount: 360,
    currency: 'EUR',
    code: 'EXCEEDS_REMAINING',
    reason: "This can't be refunded: 1.80 EUR of 3.60 EUR are left to be refunded.",
  },
});

import { z } from 'zod';
import { defineEvent } from '../define.js';
import { Id, Word } from '../ids.js';
import { Amount, Currency, CurrencyOnceAbsent } from '../money.js';
import { PaymentMethod, PricedItem } from '../shared-shapes.js';
import { StoredText } from '../text.js';
import { customerId, orderId, paymentId, productId, refundId } from './examples.js';

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
  data: z.object({ orderId: Id, totalAmount: Amount, currency: Currency, paymentId: Id }),
  example: { orderId, totalAmount: 360, currency: 'EUR', paymentId },
});

export const OrderRejected = defineEvent('order.rejected', {
  ...ofOrder,
  consumers: ['products-service', 'payments-service', 'webhook-publisher'],
  summary: 'The order ended without a sale: no stock, payment declined, or invalid.',
  data: z.object({ orderId: Id, reason: StoredText, code: Word }),
  example: { orderId, reason: 'Not enough stock', code: 'OUT_OF_STOCK' },
});

export const OrderCancelled = defineEvent('order.cancelled', {
  ...ofOrder,
  consumers: ['products-service', 'payments-service', 'webhook-publisher'],
  summary: 'The client or staff cancelled the order, or its reservation expired.',
  data: z.object({ orderId: Id, reason: StoredText, by: z.enum(['customer', 'staff', 'system']) }),
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

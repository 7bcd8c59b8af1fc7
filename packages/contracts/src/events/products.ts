import { z } from 'zod';
import { defineEvent } from '../define.js';
import { Id, Word } from '../ids.js';
import { Amount, Currency, Quantity } from '../money.js';
import { RequestedItem } from '../shared-shapes.js';
import { StoredText } from '../text.js';
import { Timestamp } from '../timestamp.js';
import { orderId, productId, reservationId } from './examples.js';

const ofReservation = { publisher: 'products-service', aggregate: 'reservation' } as const;
const ofProduct = { publisher: 'products-service', aggregate: 'product' } as const;

export const StockReserved = defineEvent('product.stockReserved', {
  ...ofReservation,
  consumers: ['payments-service', 'orders-service', 'webhook-publisher'],
  summary: 'All lines of an order are held for it until `expiresAt`.',
  data: z.object({
    orderId: Id,
    reservationId: Id,
    items: z.array(RequestedItem).min(1),
    amount: Amount,
    currency: Currency,
    expiresAt: Timestamp,
    /** Passed on from the order, so that payments-service need not know orders. */
    paymentMethod: Word.optional(),
  }),
  internal: ['paymentMethod'],
  example: {
    orderId,
    reservationId,
    items: [{ productId, quantity: 2 }],
    amount: 360,
    currency: 'EUR',
    expiresAt: '2026-01-01T12:15:00.000Z',
  },
});

export const StockRejected = defineEvent('product.stockRejected', {
  ...ofReservation,
  consumers: ['orders-service', 'webhook-publisher'],
  summary: 'At least one line is short, so nothing is held for the order.',
  data: z.object({
    orderId: Id,
    reason: StoredText,
    shortages: z.array(z.object({ productId: Id, requested: Quantity, available: z.number().int().min(0) })),
  }),
  example: { orderId, reason: 'Not enough stock', shortages: [{ productId, requested: 2, available: 1 }] },
});

const Settled = z.object({ orderId: Id, reservationId: Id, items: z.array(RequestedItem).min(1) });

export const StockCommitted = defineEvent('product.stockCommitted', {
  ...ofReservation,
  consumers: ['orders-service', 'webhook-publisher'],
  summary: 'The held stock of a confirmed order is sold.',
  data: Settled,
  example: { orderId, reservationId, items: [{ productId, quantity: 2 }] },
});

export const StockReleased = defineEvent('product.stockReleased', {
  ...ofReservation,
  consumers: ['orders-service', 'webhook-publisher'],
  summary: 'The stock of the order went back on the shelf.',
  data: Settled.extend({ cause: z.enum(['rejected', 'cancelled', 'expired']) }),
  example: { orderId, reservationId, items: [{ productId, quantity: 2 }], cause: 'rejected' },
});

export const ReservationExpired = defineEvent('product.reservationExpired', {
  ...ofReservation,
  consumers: ['orders-service', 'webhook-publisher'],
  summary: 'The order did not end in time; its stock was released.',
  data: z.object({ orderId: Id, reservationId: Id }),
  example: { orderId, reservationId },
});

const Listed = z.object({
  productId: Id,
  sku: Word,
  name: StoredText,
  price: Amount,
  currency: Currency,
  active: z.boolean(),
});
const listed = { productId, sku: 'ESPRESSO', name: 'Espresso', price: 180, currency: 'EUR', active: true };

export const ProductCreated = defineEvent('product.created', {
  ...ofProduct,
  consumers: ['orders-service', 'webhook-publisher'],
  summary: 'A product was added to the catalogue.',
  data: Listed,
  example: listed,
});

export const ProductUpdated = defineEvent('product.updated', {
  ...ofProduct,
  consumers: ['orders-service', 'webhook-publisher'],
  summary: 'Name, price or availability for sale changed.',
  data: Listed,
  example: { ...listed, price: 190 },
});

const Level = z.object({
  productId: Id,
  available: z.number().int().min(0),
  reserved: z.number().int().min(0),
});

const LevelChange = Level.extend({ delta: z.number().int(), reason: StoredText });

export const StockChanged = defineEvent('product.stockChanged', {
  ...ofProduct,
  consumers: ['webhook-publisher'],
  summary: 'Staff changed the stock.',
  data: LevelChange,
  example: { productId, available: 98, reserved: 2, delta: -5, reason: 'Breakage' },
});

export const StockLow = defineEvent('product.stockLow', {
  ...ofProduct,
  consumers: ['webhook-publisher'],
  summary:
    'The available stock of a product fell to its threshold. Published again only after the stock was above it. `delta` is 0 when the threshold rose instead.',
  data: LevelChange,
  example: { productId, available: 5, reserved: 3, delta: -2, reason: 'reserved' },
});

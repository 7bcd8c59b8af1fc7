import { RequestedItem } from '@comanda/contracts';
import { flag, json, table } from '@comanda/storage';
import { z } from 'zod';

export const products = table('products', ['tenantId', 'productId'], {
  tenantId: z.string(),
  productId: z.string(),
  sku: z.string(),
  name: z.string(),
  price: z.number(),
  currency: z.string(),
  active: flag(),
  searchText: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
});

export const skus = table('product_skus', ['tenantId', 'sku'], {
  tenantId: z.string(),
  sku: z.string(),
  productId: z.string(),
});

export const stock = table('stock', ['tenantId', 'productId'], {
  tenantId: z.string(),
  productId: z.string(),
  available: z.number(),
  reserved: z.number(),
  sold: z.number(),
  lowStockThreshold: z.number().nullable(),
  moves: z.number(),
  sequence: z.number(),
  lastEventAt: z.string(),
});

/** The adjustments that were made, so that a repeated request adjusts nothing. */
export const adjustments = table('adjustments', ['tenantId', 'adjustmentId'], {
  tenantId: z.string(),
  adjustmentId: z.string(),
  productId: z.string(),
});

export const movements = table('movements', ['tenantId', 'movementId'], {
  tenantId: z.string(),
  movementId: z.string(),
  productId: z.string(),
  position: z.number(),
  at: z.string(),
  delta: z.number(),
  reason: z.string(),
  orderId: z.string().nullable(),
  actor: z.string(),
  before: z.number(),
  after: z.number(),
});

export const reservations = table('reservations', ['tenantId', 'orderId'], {
  tenantId: z.string(),
  orderId: z.string(),
  reservationId: z.string(),
  status: z.enum(['HELD', 'COMMITTED', 'RELEASED', 'EXPIRED', 'REFUSED', 'ENDED_BEFORE_RESERVED']),
  items: json(z.array(RequestedItem)),
  expiresAt: z.string(),
  sequence: z.number(),
  updatedAt: z.string(),
});

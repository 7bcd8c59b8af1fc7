import { table } from '@comanda/storage';
import { z } from 'zod';
import { Product } from '../domain/product.js';
import { Reservation } from '../domain/reservation.js';
import { Movement, Stock } from '../domain/stock.js';

export const products = table('products', ['tenantId', 'productId'], Product.shape);

export const skus = table('product_skus', ['tenantId', 'sku'], {
  tenantId: z.string(),
  sku: z.string(),
  productId: z.string(),
});

export const stock = table('stock', ['tenantId', 'productId'], Stock.shape);

/** The adjustments that were made, so that a repeated request adjusts nothing. */
export const adjustments = table('adjustments', ['tenantId', 'adjustmentId'], {
  tenantId: z.string(),
  adjustmentId: z.string(),
  productId: z.string(),
});

export const movements = table('movements', ['tenantId', 'movementId'], Movement.shape);

export const reservations = table('reservations', ['tenantId', 'orderId'], Reservation.shape);

import type { Handler } from '@comanda/messaging';
import { adjustStock } from './adjust-stock.js';
import { commitStockWhenOrderConfirmed } from './commit-stock-when-order-confirmed.js';
import { createProduct } from './create-product.js';
import { importProducts } from './import-products.js';
import {
  releaseStockWhenOrderCancelled,
  releaseStockWhenOrderRejected,
} from './release-stock-when-order-ends.js';
import { reserveStockWhenOrderCreated } from './reserve-stock-when-order-created.js';
import { updateProduct } from './update-product.js';

/** Everything that products-service reacts to; its queue is bound to exactly these. */
export const productHandlers = (settings: { reservationTtlSeconds: number }): Handler[] => [
  reserveStockWhenOrderCreated(settings.reservationTtlSeconds),
  commitStockWhenOrderConfirmed,
  releaseStockWhenOrderRejected,
  releaseStockWhenOrderCancelled,
  createProduct,
  updateProduct,
  adjustStock,
  importProducts,
];

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

/** The handlers of products-service; its queue is bound to exactly their messages. */
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

import type { BookedReason } from '@comanda/contracts';
import type { Context, Effect } from '@comanda/messaging';
import { newProduct, type Product, type ProductFields } from '../domain/product.js';
import { noStock } from '../domain/stock.js';
import { products, skus } from '../storage/tables.js';
import { bookStock } from './book-stock.js';

/** A new product, its first stock, and the reason for that stock. */
export interface NewProduct {
  readonly fields: ProductFields;
  readonly stock: number;
  readonly lowStockThreshold: number | null;
  readonly reason: BookedReason;
  readonly actor: string;
}

/** Puts a new product into the catalogue. */
export function addProduct(
  { fields, stock: available, lowStockThreshold, reason, actor }: NewProduct,
  context: Context,
): { product: Product; effects: Effect[] } {
  const product = newProduct(fields, context.now);
  const { tenantId, productId, sku } = product;
  const before = noStock(tenantId, productId, context.now);
  const after = { ...before, available, lowStockThreshold };
  return {
    product,
    effects: [
      products.put(product),
      skus.put({ tenantId, sku, productId }),
      ...bookStock(
        { before, after },
        { why: { reason, orderId: null, actor }, facts: [{ kind: 'created', product }] },
        context,
      ),
    ],
  };
}

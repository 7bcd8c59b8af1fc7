import type { Context, Effect } from '@comanda/messaging';
import { newProduct, type Product } from '../domain/product.js';
import { nothingOf } from '../domain/stock.js';
import { products, skus } from '../storage/tables.js';
import { book, created } from './book.js';

/** What a product is made of: its row, its SKU, and its first stock with the reason for it. */
export interface Addition {
  readonly fields: Parameters<typeof newProduct>[0];
  readonly stock: number;
  readonly lowStockThreshold: number | null;
  readonly reason: string;
  readonly actor: string;
}

/** A product that is not there yet comes into the catalogue. */
export function addProduct(
  { fields, stock: available, lowStockThreshold, reason, actor }: Addition,
  context: Context,
): { product: Product; effects: Effect[] } {
  const product = newProduct(fields, context.now);
  const { tenantId, productId, sku } = product;
  const before = nothingOf(tenantId, productId, context.now);
  const after = { ...before, available, lowStockThreshold };
  return {
    product,
    effects: [
      products.put({ ...product }),
      skus.put({ tenantId, sku, productId }),
      ...book(before, after, { reason, orderId: null, actor }, context, [created(product)]),
    ],
  };
}

import type { BookedReason } from '@comanda/contracts';
import type { Context, Effect } from '@comanda/messaging';
import { changed, type Product, type ProductChange, type ProductFact } from '../domain/product.js';
import type { Stock } from '../domain/stock.js';
import { products } from '../storage/tables.js';
import { bookStock } from './book-stock.js';

/** Changes to an existing product; a field that is left out stays. */
export interface ProductUpdate extends ProductChange {
  readonly lowStockThreshold?: number | null | undefined;
  /** How many units are on the shelf from now on, and why. */
  readonly shelf?: { readonly available: number; readonly reason: BookedReason } | undefined;
  readonly actor: string;
}

/** Changes a product and its stock. When nothing differs it writes no row and publishes no event. */
export function changeProduct(
  { product, stock: before }: { product: Product; stock: Stock },
  update: ProductUpdate,
  context: Context,
): { product: Product; effects: Effect[] } {
  const { lowStockThreshold = before.lowStockThreshold, shelf, actor } = update;
  const moved = shelf !== undefined && shelf.available !== before.available;
  const after = { ...before, lowStockThreshold, ...(moved && { available: shelf.available }) };
  const listing = changed(product, update, context.now);
  if (!listing && !moved && lowStockThreshold === before.lowStockThreshold) return { product, effects: [] };
  const facts: ProductFact[] = [
    ...(listing ? [{ kind: 'updated' as const, product: listing }] : []),
    ...(moved ? [{ kind: 'stock-changed' as const }] : []),
  ];
  const reason: BookedReason = moved ? shelf.reason : 'threshold';
  const why = { reason, orderId: null, actor };
  return {
    product: listing ?? product,
    effects: [
      ...(listing ? [products.put(listing)] : []),
      ...bookStock({ before, after }, { why, facts }, context),
    ],
  };
}

import type { Context, Effect } from '@comanda/messaging';
import { type Change, changed, type Product } from '../domain/product.js';
import type { Stock } from '../domain/stock.js';
import { products } from '../storage/tables.js';
import { book, stockChanged, updated } from './book.js';

/** What staff want of a product that is there; what is left out stays. */
export interface Wish extends Change {
  readonly lowStockThreshold?: number | null | undefined;
  /** How much is to be on the shelf. */
  readonly stock?: number | undefined;
  readonly actor: string;
}

/** Brings a product to what is wanted. When it is so already nothing follows: no row, no event. */
export function changeProduct(
  product: Product,
  before: Stock,
  wish: Wish,
  context: Context,
): { product: Product; effects: Effect[] } {
  const { stock: available = before.available, lowStockThreshold = before.lowStockThreshold, actor } = wish;
  const listing = changed(product, wish, context.now);
  const delta = available - before.available;
  if (!listing && delta === 0 && lowStockThreshold === before.lowStockThreshold)
    return { product, effects: [] };
  const after = { ...before, available, lowStockThreshold };
  const reason = delta === 0 ? 'threshold' : 'import';
  const tellings = [
    ...(listing ? [updated(listing)] : []),
    ...(delta === 0 ? [] : [stockChanged(after, delta, reason)]),
  ];
  return {
    product: listing ?? product,
    effects: [
      ...(listing ? [products.put({ ...listing })] : []),
      ...book(before, after, { reason, orderId: null, actor }, context, tellings),
    ],
  };
}

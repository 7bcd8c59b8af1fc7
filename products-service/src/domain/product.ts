import { folded } from '@comanda/contracts';

import { z } from 'zod';

export const Product = z.object({
  tenantId: z.string(),
  productId: z.string(),
  sku: z.string(),
  name: z.string(),
  price: z.number(),
  currency: z.string(),
  active: z.boolean(),
  /** Name and SKU, folded as a search folds what it looks for. The databases can't: `lower()` knows only ASCII in SQLite. */
  searchText: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type Product = Readonly<z.output<typeof Product>>;

export const searchTextOf = ({ name, sku }: { readonly name: string; readonly sku: string }): string =>
  `${folded(name)}\n${folded(sku)}`;

export type ProductFields = Omit<Product, 'searchText' | 'createdAt' | 'updatedAt'>;

export const newProduct = (fields: ProductFields, now: string): Product => ({
  ...fields,
  searchText: searchTextOf(fields),
  createdAt: now,
  updatedAt: now,
});

/** The fields of a product that staff may change; a field that is left out stays. */
export interface ProductChange {
  readonly name?: string | undefined;
  readonly price?: number | undefined;
  readonly active?: boolean | undefined;
}

/** The product with the changes; `undefined` when it has these values already. */
export function changed(product: Product, change: ProductChange, now: string): Product | undefined {
  const { name = product.name, price = product.price, active = product.active } = change;
  if (name === product.name && price === product.price && active === product.active) return undefined;
  const after = { ...product, name, price, active };
  return { ...after, searchText: searchTextOf(after), updatedAt: now };
}

/** What a decision about a product and its stock makes known; each fact becomes one event. */
export type ProductFact =
  | { readonly kind: 'created'; readonly product: Product }
  | { readonly kind: 'updated'; readonly product: Product }
  /** Staff changed the stock. The events of reservations report what orders change. */
  | { readonly kind: 'stock-changed' };

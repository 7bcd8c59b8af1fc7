export interface Product {
  readonly tenantId: string;
  readonly productId: string;
  readonly sku: string;
  readonly name: string;
  readonly price: number;
  readonly currency: string;
  readonly active: boolean;
  /** Name and SKU as they are searched, see `searchable`. */
  readonly searchText: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/**
 * Text without the differences that a search is to ignore: letters of any alphabet in one case, ligatures and letters
 * with a combining accent in one form. Capitals, because small letters are ambiguous ("ß" and "ss", "ς" and "σ").
 * Databases can't do it: SQLite's `lower()` knows ASCII only, PostgreSQL's depends on its locale.
 */
export const searchable = (text: string): string => text.normalize('NFKC').toUpperCase();

const searchTextOf = ({ name, sku }: { name: string; sku: string }): string =>
  `${searchable(name)}\n${searchable(sku)}`;

export const newProduct = (
  fields: Omit<Product, 'searchText' | 'createdAt' | 'updatedAt'>,
  now: string,
): Product => ({ ...fields, searchText: searchTextOf(fields), createdAt: now, updatedAt: now });

/** What of a product may be changed; what is left out stays. */
export interface Change {
  readonly name?: string | undefined;
  readonly price?: number | undefined;
  readonly active?: boolean | undefined;
}

/** The product with the changes; `undefined` when it is so already. */
export function changed(product: Product, change: Change, now: string): Product | undefined {
  const { name = product.name, price = product.price, active = product.active } = change;
  if (name === product.name && price === product.price && active === product.active) return undefined;
  const after = { ...product, name, price, active };
  return { ...after, searchText: searchTextOf(after), updatedAt: now };
}

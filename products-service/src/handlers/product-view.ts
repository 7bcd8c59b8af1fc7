import type { DataOf, ProductCreated, ProductView } from '@comanda/contracts';
import type { Product } from '../domain/product.js';

/** A product as the other services hear of it. */
export const listed = ({
  productId,
  sku,
  name,
  price,
  currency,
  active,
}: Product): DataOf<typeof ProductCreated> => ({ productId, sku, name, price, currency, active });

/** A product as clients see it. */
export const viewOf = (product: Product, available: number): ProductView => ({
  ...listed(product),
  available,
});

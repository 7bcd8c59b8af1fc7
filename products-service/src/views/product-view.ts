import type { CatalogueEntry, DataOf, ProductCreated, ProductView } from '@comanda/contracts';
import type { Product } from '../domain/product.js';
import type { Stock } from '../domain/stock.js';

/** A product as events describe it to the other services. */
export const productData = ({
  productId,
  sku,
  name,
  price,
  currency,
  active,
}: Product): DataOf<typeof ProductCreated> => ({ productId, sku, name, price, currency, active });

/** A product as clients see it. */
export const productView = (product: Product, { available }: Pick<Stock, 'available'>): ProductView => ({
  ...productData(product),
  available,
});

/** A product for export and for the comparison with the price list. */
export const catalogueEntry = (
  product: Product,
  { available, lowStockThreshold, sequence }: Stock,
): CatalogueEntry => ({ ...productView(product, { available }), lowStockThreshold, version: sequence });

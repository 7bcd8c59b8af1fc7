import { type CatalogueEntry, type DataOf, ProductCreated, ProductView, viewOf } from '@comanda/contracts';
import type { Product } from '../domain/product.js';
import type { Stock } from '../domain/stock.js';

/** A product as events describe it to the other services. */
export const productData = (product: Product): DataOf<typeof ProductCreated> =>
  viewOf(ProductCreated.data, product);

/** A product as clients see it. */
export const productView = (product: Product, { available }: Pick<Stock, 'available'>): ProductView =>
  viewOf(ProductView, { ...product, available });

/** A product for export and for the comparison with the price list. */
export const catalogueEntry = (
  product: Product,
  { available, lowStockThreshold, sequence }: Stock,
): CatalogueEntry => ({ ...productView(product, { available }), lowStockThreshold, version: sequence });

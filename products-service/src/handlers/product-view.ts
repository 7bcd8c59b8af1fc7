import type { DataOf, ProductCreated, ProductView } from '@comanda/contracts';

export interface Product {
  readonly tenantId: string;
  readonly productId: string;
  readonly sku: string;
  readonly name: string;
  readonly price: number;
  readonly currency: string;
  readonly active: boolean;
  readonly lowStockThreshold: number | null;
  readonly sequence: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

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

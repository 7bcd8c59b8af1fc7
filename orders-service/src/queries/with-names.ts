import type { TenantReaders } from '@comanda/service-kit';
import type { Order } from '../domain/order.js';
import { prices } from '../storage/tables.js';

/**
 * Orders that were taken before an order kept the names of its products: their lines get the first ones that the price
 * list knew. All other lines keep what they were called when they were ordered.
 */
export async function withNames(
  source: TenantReaders,
  tenantId: string,
  orders: readonly Order[],
): Promise<Order[]> {
  const nameless = orders.flatMap(({ items }) => items.filter(({ name }) => name === undefined));
  const listed = await Promise.all(
    [...new Set(nameless.map(({ productId }) => productId))].map((productId) =>
      source.of(tenantId).find(prices.read(tenantId, productId)),
    ),
  );
  const byProduct = new Map(listed.flatMap((entry) => (entry ? [[entry.productId, entry]] : [])));
  return orders.map((order) => ({
    ...order,
    items: order.items.map((line) => {
      const { sku, originalName } = byProduct.get(line.productId) ?? {};
      return { ...line, sku: line.sku ?? sku ?? undefined, name: line.name ?? originalName ?? undefined };
    }),
  }));
}

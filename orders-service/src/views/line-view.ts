import type { OrderItem } from '../domain/order.js';

/**
 * A line of an order as clients and other services see it. Its total is exact, because that of the order is. A product
 * that the price list could not name goes by its id.
 */
export const lineView = <Item extends OrderItem>({ productId, sku, name, ...line }: Item) => ({
  productId,
  sku: sku ?? productId,
  name: name ?? productId,
  ...line,
  ...(line.unitPrice !== undefined && { lineTotal: line.unitPrice * line.quantity }),
});

import { lineAmount, NO_CURRENCY, type OrderView, totalAmount, type Viewer } from '@comanda/contracts';
import { Injectable } from '@nestjs/common';
import type { ProductKnowledge } from '../products/product-look-up.js';
import type { RequestedLine } from './order-body.js';

const REMEMBERED_MS = 5 * 60_000;
/** Of all orders together; about 22,000 of one line, or 1,500 of a hundred. */
export const MAX_BYTES = 32 * 1024 * 1024;
/** What an order takes in memory at most, and each of its lines: measured, and rounded up. */
const BYTES_PER_ORDER = 1_300;
const BYTES_PER_LINE = 200;

export interface AcceptedOrder {
  readonly tenantId: string;
  readonly orderId: string;
  readonly customerId: string;
  readonly lines: readonly RequestedLine[];
  /** What was known of each line's product. */
  readonly products: readonly ProductKnowledge[];
  readonly createdAt: string;
}

/**
 * The orders that this process has answered with 202 recently. A client that asks at once sees its order as PENDING,
 * even before orders-service has taken it. In memory only: it bridges moments and decides nothing. A client that places
 * large orders takes no more memory, only shorter memory.
 */
@Injectable()
export class AcceptedOrders {
  /** Oldest first: a Map keeps the order of insertion. */
  readonly #orders = new Map<string, AcceptedOrder>();
  #bytes = 0;

  /** How many are remembered. */
  get size(): number {
    return this.#orders.size;
  }

  remember(order: AcceptedOrder, now = Date.now()): void {
    this.#forget(order.orderId);
    this.#orders.set(order.orderId, order);
    this.#bytes += bytesOf(order);
    for (const oldest of this.#orders.values()) {
      if (this.#bytes <= MAX_BYTES && !isOver(oldest, now)) return;
      this.#forget(oldest.orderId);
    }
  }

  /** The order as far as it is known here, if this viewer may see it. */
  find(orderId: string, tenantId: string, viewer: Viewer, now = Date.now()): OrderView | undefined {
    const order = this.#orders.get(orderId);
    if (!order || order.tenantId !== tenantId) return undefined;
    if (!isSeenBy(viewer, order)) return undefined;
    if (!isOver(order, now)) return pendingView(order);
    this.#forget(orderId);
    return undefined;
  }

  #forget(orderId: string): void {
    const order = this.#orders.get(orderId);
    if (!order) return;
    this.#orders.delete(orderId);
    this.#bytes -= bytesOf(order);
  }
}

/** Staff see all orders of their tenant, a customer their own. */
export const isSeenBy = (
  { role, accountId }: Viewer,
  { customerId }: Pick<OrderView, 'customerId'>,
): boolean => role === 'staff' || accountId === customerId;

const bytesOf = ({ lines, products }: AcceptedOrder): number =>
  products.reduce(
    (sum, product) => sum + nameBytes(product),
    BYTES_PER_ORDER + lines.length * BYTES_PER_LINE,
  );
/** A name takes two bytes for each UTF-16 unit at most, a SKU one. */
const nameBytes = (product: ProductKnowledge): number =>
  product.kind === 'for-sale' ? 2 * product.name.length + product.sku.length : 0;
const isOver = ({ createdAt }: AcceptedOrder, now: number): boolean =>
  Date.parse(createdAt) + REMEMBERED_MS < now;

/**
 * Names and prices are those that the products had when the order came in, the very ones it will be priced with unless they
 * change at this moment. Where they are not known, the total is 0 `XXX` (no currency) until the order is priced.
 */
export function pendingView({ orderId, customerId, lines, products, createdAt }: AcceptedOrder): OrderView {
  const items = lines.map((line, at) => lineOf(line, products[at]));
  return {
    orderId,
    customerId,
    status: 'PENDING',
    items,
    ...priceOf(lines, products),
    refundedAmount: 0,
    createdAt,
    updatedAt: createdAt,
  };
}

function lineOf({ productId, quantity }: RequestedLine, product: ProductKnowledge | undefined) {
  if (product?.kind !== 'for-sale') return { productId, sku: productId, name: productId, quantity };
  const { sku, name, price: unitPrice } = product;
  const lineTotal = lineAmount(unitPrice, quantity);
  return { productId, sku, name, quantity, unitPrice, ...(lineTotal !== undefined && { lineTotal }) };
}

function priceOf(lines: readonly RequestedLine[], products: readonly ProductKnowledge[]) {
  const unknown = { totalAmount: 0, currency: NO_CURRENCY };
  const currencies = new Set<string>();
  const priced: { unitPrice: number; quantity: number }[] = [];
  for (const [at, { quantity }] of lines.entries()) {
    const product = products[at];
    if (product?.kind !== 'for-sale') return unknown;
    currencies.add(product.currency);
    priced.push({ unitPrice: product.price, quantity });
  }
  const total = totalAmount(priced);
  const [currency] = currencies;
  return total === undefined || currency === undefined || currencies.size > 1
    ? unknown
    : { totalAmount: total, currency };
}

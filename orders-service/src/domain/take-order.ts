import { lineTooMany, MAX_UNITS, NO_CURRENCY, totalAmount } from '@comanda/contracts';
import type { Changed } from './decision.js';
import type { Order, PricedItem } from './order.js';

/** A product on the price list. */
export interface Price {
  readonly productId: string;
  /** Minor units of `currency`. */
  readonly price: number;
  readonly currency: string;
  readonly active: boolean;
}

/** What a customer orders, and the price list's entries for it at this moment. */
export interface OrderRequest {
  readonly tenantId: string;
  readonly orderId: string;
  readonly customerId: string;
  readonly items: readonly { readonly productId: string; readonly quantity: number }[];
  readonly paymentMethod: string | undefined;
  readonly bodyHash: string | undefined;
  readonly prices: readonly (Price | undefined)[];
}

/**
 * Takes an order at the prices of this moment. An order that can't be fulfilled is stored as rejected, with the reason,
 * because the gateway has accepted it over HTTP and its client will ask for it.
 */
export function takeOrder(request: OrderRequest, now: string): Changed {
  const pricing = priced(request);
  const order: Order = {
    tenantId: request.tenantId,
    orderId: request.orderId,
    customerId: request.customerId,
    status: 'PENDING',
    items: request.items,
    totalAmount: 0,
    currency: pricing.currency,
    refundedAmount: 0,
    refundingAmount: 0,
    paymentMethod: request.paymentMethod ?? null,
    paymentId: null,
    paymentSequence: 0,
    bodyHash: request.bodyHash ?? null,
    failureCode: null,
    failureReason: null,
    sequence: 0,
    stockCommittedAt: null,
    createdAt: now,
    updatedAt: now,
  };
  if (pricing.kind === 'impossible') {
    const { code, reason } = pricing;
    return {
      kind: 'changed',
      order: { ...order, status: 'REJECTED', failureCode: code, failureReason: reason },
      facts: [{ kind: 'rejected', code, reason }],
    };
  }
  const { items, total } = pricing;
  return {
    kind: 'changed',
    order: { ...order, items, totalAmount: total },
    facts: [{ kind: 'created', items }],
  };
}

type Pricing = { readonly currency: string } & (
  | { readonly kind: 'priced'; readonly items: readonly PricedItem[]; readonly total: number }
  | { readonly kind: 'impossible'; readonly code: string; readonly reason: string }
);

/** The lines of an order with their prices, or the reason why it has none. */
function priced({ items, prices }: OrderRequest): Pricing {
  const byProduct = new Map(prices.flatMap((price) => (price ? [[price.productId, price]] : [])));
  const [first] = byProduct.values();
  const currency = first?.currency ?? NO_CURRENCY;
  const impossible = (code: string, reason: string): Pricing => ({
    kind: 'impossible',
    currency,
    code,
    reason,
  });

  const tooMany = lineTooMany(items);
  if (tooMany !== undefined)
    return impossible(
      'QUANTITY_TOO_LARGE',
      `Product ${items[tooMany]?.productId} is wanted more than ${MAX_UNITS} times`,
    );
  const lines: PricedItem[] = [];
  for (const { productId, quantity } of items) {
    const price = byProduct.get(productId);
    if (!price) return impossible('UNKNOWN_PRODUCT', `There is no product ${productId}`);
    if (!price.active) return impossible('INACTIVE_PRODUCT', `Product ${productId} is not for sale`);
    if (price.currency !== currency)
      return impossible(
        'MIXED_CURRENCIES',
        `Product ${productId} is priced in ${price.currency}, others in ${currency}`,
      );
    lines.push({ productId, quantity, unitPrice: price.price });
  }
  const total = totalAmount(lines);
  if (total === undefined) return impossible('AMOUNT_TOO_LARGE', 'The total is more than can be charged');
  return { kind: 'priced', currency, items: lines, total };
}

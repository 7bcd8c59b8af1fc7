import {
  type CreateOrder,
  type DataOf,
  flawOfCurrency,
  lineTooMany,
  MAX_UNITS,
  NO_CURRENCY,
  totalAmount,
} from '@comanda/contracts';
import type { Changed } from './decision.js';
import type { Order, OrderItem, PricedItem } from './order.js';

/** A product on the price list. */
export interface Price {
  readonly productId: string;
  /** Minor units of `currency`. */
  readonly price: number;
  readonly currency: string;
  readonly active: boolean;
  readonly sku: string | null;
  readonly name: string | null;
}

/** What a customer orders, and the price list's entries for it at this moment. */
export type OrderRequest = Readonly<DataOf<typeof CreateOrder>> & {
  readonly tenantId: string;
  readonly prices: readonly (Price | undefined)[];
};

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
    items: pricing.items,
    totalAmount: 0,
    currency: pricing.currency,
    refundedAmount: 0,
    refundingAmount: 0,
    paymentMethod: request.paymentMethod ?? null,
    paymentId: null,
    paymentSequence: 0,
    bodyHash: request.bodyHash ?? null,
    hasContact: request.hasContact ?? false,
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
    order: { ...order, totalAmount: total },
    facts: [{ kind: 'created', items }],
  };
}

type Pricing = { readonly currency: string } & (
  | { readonly kind: 'priced'; readonly items: readonly PricedItem[]; readonly total: number }
  | {
      readonly kind: 'impossible';
      readonly items: readonly OrderItem[];
      readonly code: string;
      readonly reason: string;
    }
);

/** The lines of an order with what is known of their products, or the reason why they have no prices. */
function priced({ items, prices }: OrderRequest): Pricing {
  const byProduct = new Map(prices.flatMap((price) => (price ? [[price.productId, price]] : [])));
  const [first] = byProduct.values();
  const currency = first?.currency ?? NO_CURRENCY;
  const named = items.map((item) => ({ ...item, ...nameOf(byProduct.get(item.productId)) }));
  const impossible = (code: string, reason: string): Pricing => ({
    kind: 'impossible',
    ...{ items: named, currency, code, reason },
  });

  const tooMany = lineTooMany(items);
  if (tooMany !== undefined)
    return impossible(
      'QUANTITY_TOO_LARGE',
      `Product ${items[tooMany]?.productId} is wanted more than ${MAX_UNITS} times`,
    );
  const lines: PricedItem[] = [];
  for (const line of named) {
    const { productId } = line;
    const price = byProduct.get(productId);
    if (!price) return impossible('UNKNOWN_PRODUCT', `There is no product ${productId}`);
    if (!price.active) return impossible('INACTIVE_PRODUCT', `Product ${productId} is not for sale`);
    const flaw = flawOfCurrency(price.currency);
    if (flaw !== undefined)
      return impossible('CURRENCY_NOT_IN_FORCE', `The currency of product ${productId} ${flaw}`);
    if (price.currency !== currency)
      return impossible(
        'MIXED_CURRENCIES',
        `Product ${productId} is priced in ${price.currency}, others in ${currency}`,
      );
    lines.push({ ...line, unitPrice: price.price });
  }
  const total = totalAmount(lines);
  if (total === undefined) return impossible('AMOUNT_TOO_LARGE', 'The total is more than can be charged');
  return { kind: 'priced', currency, items: lines, total };
}

const nameOf = (price: Price | undefined): Pick<OrderItem, 'sku' | 'name'> => ({
  ...(typeof price?.sku === 'string' && { sku: price.sku }),
  ...(typeof price?.name === 'string' && { name: price.name }),
});

import { lineTooMany, MAX_UNITS, NO_CURRENCY, totalAmount } from '@comanda/contracts';
import type { Order } from './order.js';

/** What the price list knows of a product. */
export interface Price {
  readonly productId: string;
  readonly price: number;
  readonly currency: string;
  readonly active: boolean;
}

export interface Wanted {
  readonly tenantId: string;
  readonly orderId: string;
  readonly customerId: string;
  readonly items: readonly { readonly productId: string; readonly quantity: number }[];
  readonly paymentMethod: string | undefined;
}

export type Taken =
  | {
      readonly kind: 'taken';
      readonly order: Order & {
        readonly items: readonly { productId: string; quantity: number; unitPrice: number }[];
      };
    }
  | { readonly kind: 'rejected'; readonly order: Order; readonly code: string; readonly reason: string };

/**
 * Takes an order at the prices of this moment. One that can't be had is kept as rejected with the reason: it was
 * accepted over HTTP, so its client will ask for it.
 */
export function takeOrder(wanted: Wanted, prices: readonly (Price | undefined)[], now: string): Taken {
  const byProduct = new Map(prices.flatMap((price) => (price ? [[price.productId, price]] : [])));
  const [first] = byProduct.values();
  const base: Order = {
    tenantId: wanted.tenantId,
    orderId: wanted.orderId,
    customerId: wanted.customerId,
    status: 'PENDING',
    items: wanted.items,
    totalAmount: 0,
    currency: first?.currency ?? NO_CURRENCY,
    refundedAmount: 0,
    refundingAmount: 0,
    paymentMethod: wanted.paymentMethod ?? null,
    paymentId: null,
    failureCode: null,
    failureReason: null,
    sequence: 0,
    createdAt: now,
    updatedAt: now,
  };
  const reject = (code: string, reason: string): Taken => ({
    kind: 'rejected',
    order: { ...base, status: 'REJECTED', failureCode: code, failureReason: reason },
    code,
    reason,
  });

  const tooMany = lineTooMany(wanted.items);
  if (tooMany !== undefined)
    return reject(
      'QUANTITY_TOO_LARGE',
      `Product ${wanted.items[tooMany]?.productId} is wanted more than ${MAX_UNITS} times`,
    );
  const priced = [];
  for (const { productId, quantity } of wanted.items) {
    const price = byProduct.get(productId);
    if (!price) return reject('UNKNOWN_PRODUCT', `There is no product ${productId}`);
    if (!price.active) return reject('INACTIVE_PRODUCT', `Product ${productId} is not for sale`);
    if (price.currency !== base.currency)
      return reject(
        'MIXED_CURRENCIES',
        `Product ${productId} is priced in ${price.currency}, others in ${base.currency}`,
      );
    priced.push({ productId, quantity, unitPrice: price.price });
  }
  const total = totalAmount(priced);
  if (total === undefined) return reject('AMOUNT_TOO_LARGE', 'The total is more than can be charged');
  return { kind: 'taken', order: { ...base, items: priced, totalAmount: total } };
}

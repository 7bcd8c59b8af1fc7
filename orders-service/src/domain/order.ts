import type { OrderStatus } from '@comanda/contracts';

export interface OrderItem {
  readonly productId: string;
  readonly quantity: number;
  /** In minor units. An order with an unknown product is rejected and has no prices. */
  readonly unitPrice?: number | undefined;
}

export interface PricedItem extends OrderItem {
  readonly unitPrice: number;
}

/** An order, at the prices of the moment when it was taken. Amounts are in minor units of `currency`. */
export interface Order {
  readonly tenantId: string;
  readonly orderId: string;
  readonly customerId: string;
  readonly status: OrderStatus;
  readonly items: readonly OrderItem[];
  readonly totalAmount: number;
  readonly currency: string;
  readonly refundedAmount: number;
  /** The sum of the refund requests that are neither refunded nor refused yet. */
  readonly refundingAmount: number;
  readonly paymentMethod: string | null;
  readonly paymentId: string | null;
  /** The number of the payment's event that `refundedAmount` comes from: an older one never overwrites a newer one. */
  readonly paymentSequence: number;
  /** Of the request that placed it with an Idempotency-Key. */
  readonly bodyHash: string | null;
  readonly failureCode: string | null;
  readonly failureReason: string | null;
  /** How many events were published about it. */
  readonly sequence: number;
  /** When this service learned that the order's stock is sold, so that nobody else can get it any more. */
  readonly stockCommittedAt: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** The statuses that an order does not leave by itself. */
export const TERMINAL: ReadonlySet<OrderStatus> = new Set([
  'CONFIRMED',
  'REJECTED',
  'CANCELLED',
  'FULFILLED',
]);

/** A refund that staff requested. */
export interface RefundRequest {
  readonly tenantId: string;
  readonly orderId: string;
  /** The requester chooses it: a request that comes twice has the same id and is one refund. */
  readonly requestId: string;
  /** Minor units of the order's currency. */
  readonly amount: number;
  readonly reason: string;
  readonly status: 'REQUESTED' | 'REFUNDED' | 'FAILED';
  readonly failureCode: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

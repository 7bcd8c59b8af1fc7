import type { OrderStatus } from '@comanda/contracts';

export interface OrderItem {
  readonly productId: string;
  readonly quantity: number;
  /** Minor units; absent when the product was not known, and then the order is rejected. */
  readonly unitPrice?: number | undefined;
}

/** An order with the prices at which it was taken; amounts in minor units of `currency`. */
export interface Order {
  readonly tenantId: string;
  readonly orderId: string;
  readonly customerId: string;
  readonly status: OrderStatus;
  readonly items: readonly OrderItem[];
  readonly totalAmount: number;
  readonly currency: string;
  readonly refundedAmount: number;
  /** Asked to be refunded, and neither back nor refused yet. */
  readonly refundingAmount: number;
  readonly paymentMethod: string | null;
  readonly paymentId: string | null;
  readonly failureCode: string | null;
  readonly failureReason: string | null;
  /** How many events it has told so far. */
  readonly sequence: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** Statuses that an order does not leave by itself. */
export const TERMINAL: ReadonlySet<OrderStatus> = new Set([
  'CONFIRMED',
  'REJECTED',
  'CANCELLED',
  'FULFILLED',
]);

/** A refund that staff asked for. */
export interface RefundRequest {
  readonly tenantId: string;
  readonly orderId: string;
  /** Made by whoever asked: the same one is one refund. */
  readonly requestId: string;
  /** Minor units of the order's currency. */
  readonly amount: number;
  readonly reason: string;
  readonly status: 'REQUESTED' | 'REFUNDED' | 'FAILED';
  readonly failureCode: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

import { OrderStatus, RequestedItem } from '@comanda/contracts';
import { z } from 'zod';

/** A line as it was when the order was taken. */
const OrderItem = RequestedItem.extend({
  /** Missing when the price list could not name the product. */
  sku: z.string().optional(),
  name: z.string().optional(),
  /** In minor units. An order with an unknown product is rejected and has no prices. */
  unitPrice: z.number().optional(),
});
export type OrderItem = z.output<typeof OrderItem>;

export interface PricedItem extends OrderItem {
  readonly unitPrice: number;
}

/** An order, at the prices of the moment when it was taken. Amounts are in minor units of `currency`. */
export const Order = z.object({
  tenantId: z.string(),
  orderId: z.string(),
  customerId: z.string(),
  status: OrderStatus,
  items: z.array(OrderItem).readonly(),
  totalAmount: z.number(),
  currency: z.string(),
  refundedAmount: z.number(),
  /** The sum of the refund requests that are neither refunded nor refused yet. */
  refundingAmount: z.number(),
  paymentMethod: z.string().nullable(),
  paymentId: z.string().nullable(),
  /** The number of the payment's event that `refundedAmount` comes from: an older one never overwrites a newer one. */
  paymentSequence: z.number(),
  /** Of the request that placed it with an Idempotency-Key. */
  bodyHash: z.string().nullable(),
  /** Whether its customer left a contact: webhook-publisher keeps it. */
  hasContact: z.boolean(),
  failureCode: z.string().nullable(),
  failureReason: z.string().nullable(),
  /** How many events were published about it. */
  sequence: z.number(),
  /** When this service learned that the order's stock is sold, so that nobody else can get it any more. */
  stockCommittedAt: z.string().nullable(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type Order = Readonly<z.output<typeof Order>>;

/** The statuses that an order does not leave by itself. */
export const TERMINAL: ReadonlySet<OrderStatus> = new Set([
  'CONFIRMED',
  'REJECTED',
  'CANCELLED',
  'FULFILLED',
]);

/** A refund that staff requested. */
export const RefundRequest = z.object({
  tenantId: z.string(),
  orderId: z.string(),
  /** The requester chooses it: a request that comes twice has the same id and is one refund. */
  requestId: z.string(),
  /** Minor units of the order's currency. */
  amount: z.number(),
  reason: z.string(),
  status: z.enum(['REQUESTED', 'REFUNDED', 'FAILED']),
  failureCode: z.string().nullable(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type RefundRequest = Readonly<z.output<typeof RefundRequest>>;

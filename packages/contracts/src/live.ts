import { z } from 'zod';
import type { EventType } from './define.js';
import {
  OrderCancelled,
  OrderCancelRejected,
  OrderConfirmed,
  OrderCreated,
  OrderCreateRejected,
  OrderFulfilled,
  OrderFulfilRejected,
  OrderRefundRejected,
  OrderRefundRequested,
  OrderRejected,
} from './events/orders.js';
import { PaymentDisputed, PaymentRefunded, RefundFailed } from './events/payments.js';
import {
  ProductCreated,
  ProductUpdated,
  StockChanged,
  StockCommitted,
  StockReleased,
  StockReserved,
} from './events/products.js';
import { DeliveryFailed, SubscriptionDisabled, SubscriptionMoved } from './events/webhooks.js';
import { Id } from './ids.js';
import { OrderView } from './requests/orders.js';
import { OrderStatus } from './shared-shapes.js';

/** What staff can listen to. */
export const LiveTopic = z.enum(['orders', 'products', 'webhooks']);
export type LiveTopic = z.infer<typeof LiveTopic>;

/** What a live stream says of its topics: only what changed, so that a client knows what to fetch. */
export const LIVE_EVENTS = {
  ORDER_UPDATED: {
    topic: 'orders',
    summary: 'An order was taken, or has changed.',
    data: OrderView.pick({ orderId: true, status: true, totalAmount: true, currency: true, updatedAt: true }),
  },
  STOCK_CHANGED: {
    topic: 'products',
    summary: 'These products have changed: their stock, or what the catalogue says of them.',
    data: z.object({ productIds: z.array(Id) }),
  },
  SUBSCRIPTION_UPDATED: {
    topic: 'webhooks',
    summary: 'A subscription was disabled, or goes to another target, because of what its endpoint answered.',
    data: z.object({ subscriptionId: Id }),
  },
  DELIVERY_FAILED: {
    topic: 'webhooks',
    summary: 'A delivery failed for good.',
    data: z.object({ subscriptionId: Id, deliveryId: Id }),
  },
} as const satisfies Record<string, { topic: LiveTopic; summary: string; data: z.ZodObject }>;
export type LiveEventName = keyof typeof LIVE_EVENTS;

/** The statuses that no other follows: with one of them the stream of an order ends. */
export const FINAL_STATUSES: ReadonlySet<OrderStatus> = new Set(['FULFILLED', 'REJECTED', 'CANCELLED']);

/**
 * The events that each instance of the gateway hears, for its live streams: all that change what clients see of orders,
 * products and subscriptions. What only leads to another one of these is left out (`payment.completed`).
 */
export const LIVE_SOURCES: readonly EventType[] = [
  OrderCreated,
  OrderConfirmed,
  OrderRejected,
  OrderCancelled,
  OrderFulfilled,
  OrderRefundRequested,
  OrderCreateRejected,
  OrderCancelRejected,
  OrderFulfilRejected,
  OrderRefundRejected,
  StockReserved,
  StockCommitted,
  StockReleased,
  PaymentRefunded,
  RefundFailed,
  PaymentDisputed,
  ProductCreated,
  ProductUpdated,
  StockChanged,
  DeliveryFailed,
  SubscriptionDisabled,
  SubscriptionMoved,
];

/**
 * The events after which the catalogue says something else about a product. What orders take from the shelf is not among
 * them: it is as old as an answer may be.
 */
export const CATALOGUE_SOURCES: ReadonlySet<string> = new Set(
  [ProductCreated, ProductUpdated, StockChanged].map(({ type }) => type),
);

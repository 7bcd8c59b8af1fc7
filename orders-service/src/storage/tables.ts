import { table } from '@comanda/storage';
import { z } from 'zod';
import { Order, RefundRequest } from '../domain/order.js';

export const orders = table('orders', ['tenantId', 'orderId'], Order.shape);

/** The refunds that staff requested. */
export const refundRequests = table(
  'refund_requests',
  ['tenantId', 'orderId', 'requestId'],
  RefundRequest.shape,
);

/** Requests that were answered 202 and refused later: each is told once. */
export const refusedRequests = table('refused_requests', ['tenantId', 'orderId', 'requestId'], {
  tenantId: z.string(),
  orderId: z.string(),
  requestId: z.string(),
  /** The type of the command. */
  command: z.string(),
  /** Of a refund, in minor units; `null` when all that was left was requested. */
  amount: z.number().nullable(),
  code: z.string(),
  reason: z.string(),
  createdAt: z.string(),
});
export type RefusedRequest = ReturnType<typeof refusedRequests.decode>;

/** What happened to an order, in the order in which this service learned of it. */
export const timeline = table('order_timeline', ['tenantId', 'orderId', 'messageId'], {
  tenantId: z.string(),
  orderId: z.string(),
  messageId: z.string(),
  at: z.string(),
  service: z.string(),
  type: z.string(),
  causationId: z.string().nullable(),
  detail: z.record(z.string(), z.unknown()),
});

/** The price list: a read model of the catalogue, kept by the events of products-service. */
export const prices = table('prices', ['tenantId', 'productId'], {
  tenantId: z.string(),
  productId: z.string(),
  price: z.number(),
  currency: z.string(),
  active: z.boolean(),
  /** The sequence of the event that it comes from: an older event never overwrites a newer one. */
  version: z.number(),
  /** What products are called came to the list later than their prices. */
  sku: z.string().nullable(),
  name: z.string().nullable(),
  /** The first name that the list knew: orders that were taken before lines kept names go by it, also after a change. */
  originalName: z.string().nullable(),
});

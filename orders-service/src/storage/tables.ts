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

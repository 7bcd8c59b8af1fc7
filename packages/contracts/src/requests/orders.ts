import { z } from 'zod';
import { defineCommand, defineQuery } from '../define.js';
import { Id, printable, Word } from '../ids.js';
import { Amount, Currency, CurrencyOnceAbsent, NO_CURRENCY } from '../money.js';
import {
  Anew,
  OrderStatus,
  Page,
  PaymentMethod,
  PricedItem,
  pageOfEach,
  RequestedItem,
  Viewer,
} from '../shared-shapes.js';
import { AcceptedText, StoredText, text } from '../text.js';
import { Timestamp, TimestampBefore } from '../timestamp.js';

const to = 'orders-service';

const BodyHash = printable(64);
/** Why somebody wants something done, as a client may write it. */
export const Reason = text(500);

/** Names a request, so that it can be told when it is refused later; absent in commands of an earlier build. */
const RequestId = Id.optional();

/** An order as its owner sees it. */
export const OrderView = z.object({
  orderId: Id,
  customerId: Id,
  status: OrderStatus,
  items: z
    .array(PricedItem.partial({ unitPrice: true }))
    .describe(
      'As they were when the order was taken. An order that is rejected for what it asks for has no prices; a product that is not known goes by its id',
    ),
  totalAmount: Amount,
  currency: Currency.or(z.literal(NO_CURRENCY)),
  failureReason: StoredText.optional(),
  failureCode: Word.optional(),
  refundedAmount: Amount,
  refundingAmount: Amount.optional().describe(
    'Asked to be refunded, and on its way; missing when nothing is',
  ),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type OrderView = z.infer<typeof OrderView>;

export const TimelineStep = z.object({
  at: Timestamp,
  service: Word,
  type: Word,
  messageId: Id,
  causationId: Id.optional(),
  detail: z.record(Word, z.unknown()),
});

export const CreateOrder = defineCommand('orders.create', {
  to,
  summary: 'Take an order. Durable: accepted as soon as the broker has it.',
  data: z.object({
    orderId: Id,
    customerId: Id,
    items: z.array(RequestedItem).min(1).max(100),
    paymentMethod: PaymentMethod.optional(),
    hasContact: z
      .literal(true)
      .optional()
      .describe('The customer is told what becomes of it: webhook-publisher has the contact'),
    bodyHash: BodyHash.optional().describe(
      'Of the request that came with an Idempotency-Key: the same order asked for by another one is refused',
    ),
  }),
  result: z.object({ orderId: Id, status: OrderStatus }),
});

export const CancelOrder = defineCommand('orders.cancel', {
  to,
  summary: 'Cancel an order. Durable: accepted as soon as the broker has it.',
  data: z.object({ orderId: Id, requestId: RequestId, reason: AcceptedText, viewer: Viewer }),
  result: z.object({ orderId: Id, status: OrderStatus }),
});

export const RefundOrder = defineCommand('orders.refund', {
  to,
  summary:
    'Refund a part of what was paid, or all that is left when no amount is named. Durable: accepted as soon as the broker has it.',
  data: z.object({
    orderId: Id,
    requestId: Id.describe('Made by the sender: the same one is one refund, however often it is asked for'),
    amount: Amount.min(1).optional().describe('In minor units of the currency of the order'),
    reason: AcceptedText,
    viewer: Viewer,
  }),
  result: z.object({ orderId: Id, requestId: Id, amount: Amount.min(1), currency: CurrencyOnceAbsent }),
});

export const FulfilOrder = defineCommand('orders.fulfil', {
  to,
  summary:
    'Mark an order as fulfilled: its goods were handed over. Durable: accepted as soon as the broker has it.',
  data: z.object({ orderId: Id, requestId: RequestId, viewer: Viewer }),
  result: z.object({ orderId: Id, status: OrderStatus }),
});

/** What orders-service knows of the refunds that staff requested, the refused ones included. */
export const ListRefundRequests = defineQuery('orders.listRefundRequests', {
  to,
  summary: 'The refund requests of an order, oldest first.',
  data: z.object({ orderId: Id, viewer: Viewer }),
  result: z.object({
    items: z.array(
      z.object({
        requestId: Id,
        status: z.enum(['REQUESTED', 'REFUNDED', 'FAILED', 'REJECTED']),
        amount: Amount.min(1).optional(),
        currency: Currency.or(z.literal(NO_CURRENCY)),
        reason: StoredText.optional(),
        failureCode: Word.optional(),
        failureReason: StoredText.optional(),
        createdAt: Timestamp,
        updatedAt: Timestamp,
      }),
    ),
  }),
});

export const GetOrder = defineQuery('orders.get', {
  to,
  askedBy: ['webhook-publisher'],
  summary: 'One order.',
  data: z.object({ orderId: Id, viewer: Viewer }),
  result: OrderView,
});

export const GetOrderBodyHash = defineQuery('orders.bodyHash', {
  to,
  summary: 'By which request an order was placed, to tell a repeat from another order under the same key.',
  data: z.object({ orderId: Id, viewer: Viewer }),
  result: z.object({
    bodyHash: BodyHash.nullable().describe('null for an order that was placed without an Idempotency-Key'),
  }),
});

export const ListOrders = defineQuery('orders.list', {
  to,
  summary: 'Orders, newest first.',
  data: z.object({
    viewer: Viewer,
    status: OrderStatus.optional(),
    createdAfter: Timestamp.optional(),
    createdBefore: TimestampBefore.optional(),
    ...Page,
    ...Anew,
  }),
  result: pageOfEach(OrderView),
});

export const GetOrderTimeline = defineQuery('orders.timeline', {
  to,
  askedBy: ['webhook-publisher'],
  summary: 'Each step of an order with its cause.',
  data: z.object({ orderId: Id, viewer: Viewer }),
  result: z.object({ items: z.array(TimelineStep) }),
});

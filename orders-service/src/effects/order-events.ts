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
} from '@comanda/contracts';
import { type Context, type Emit, emit } from '@comanda/messaging';
import type { OrderFact, RequestRejected } from '../domain/decision.js';
import type { Order } from '../domain/order.js';
import { lineView } from '../views/line-view.js';

/** A fact as the event that the other services receive; the order's `sequence` is the event's own. */
export function eventOf(fact: OrderFact, order: Order, context: Context): Emit {
  const { orderId, customerId, sequence, totalAmount, currency, paymentMethod } = order;
  const fields = { id: context.newId(), subject: orderId, sequence };
  const contact = order.hasContact && ({ hasContact: true } as const);
  switch (fact.kind) {
    case 'created': {
      const items = fact.items.map(lineView);
      const method = paymentMethod !== null && { paymentMethod };
      return emit(OrderCreated, {
        ...fields,
        data: { orderId, customerId, currency, items, totalAmount, ...method },
      });
    }
    case 'confirmed': {
      const { paymentId } = fact;
      return emit(OrderConfirmed, {
        ...fields,
        data: { orderId, totalAmount, currency, paymentId, ...contact },
      });
    }
    case 'rejected':
      return emit(OrderRejected, {
        ...fields,
        data: { orderId, reason: fact.reason, code: fact.code, ...contact },
      });
    case 'cancelled':
      return emit(OrderCancelled, {
        ...fields,
        data: { orderId, reason: fact.reason, by: fact.by, ...contact },
      });
    case 'fulfilled':
      return emit(OrderFulfilled, { ...fields, data: { orderId } });
    case 'refund-requested': {
      const { requestId, amount, reason } = fact.request;
      const { paymentId } = fact;
      return emit(OrderRefundRequested, {
        ...fields,
        data: { orderId, paymentId, amount, currency, reason, requestId },
      });
    }
    case 'request-rejected':
      return rejectionOf(fact, order, fields);
  }
}

function rejectionOf(
  { command, requestId, amount, code, reason }: RequestRejected,
  { orderId, currency }: Order,
  fields: Pick<Emit, 'id' | 'subject' | 'sequence'>,
): Emit {
  const data = { orderId, requestId, code, reason };
  switch (command) {
    case 'create':
      return emit(OrderCreateRejected, { ...fields, data: { orderId, code, reason } });
    case 'cancel':
      return emit(OrderCancelRejected, { ...fields, data });
    case 'fulfil':
      return emit(OrderFulfilRejected, { ...fields, data });
    case 'refund':
      return emit(OrderRefundRejected, {
        ...fields,
        data: { ...data, ...(amount !== undefined && { amount }), currency },
      });
  }
}

import type { OrderView } from '@comanda/contracts';
import type { Order } from '../domain/order.js';
import { lineView } from './line-view.js';

/** An order as clients see it. */
export function orderView(order: Order): OrderView {
  const { orderId, customerId, status, items, totalAmount, currency } = order;
  const { failureCode, failureReason, refundedAmount, refundingAmount, createdAt, updatedAt } = order;
  return {
    ...{ orderId, customerId, status, items: items.map(lineView), totalAmount, currency },
    ...(failureReason !== null && { failureReason }),
    ...(failureCode !== null && { failureCode }),
    refundedAmount,
    ...(refundingAmount > 0 && { refundingAmount }),
    createdAt,
    updatedAt,
  };
}

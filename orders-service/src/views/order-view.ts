import { OrderView, viewOf } from '@comanda/contracts';
import type { Order } from '../domain/order.js';
import { lineView } from './line-view.js';

/** An order as clients see it. */
export const orderView = (order: Order): OrderView =>
  viewOf(OrderView, {
    ...order,
    items: order.items.map(lineView),
    refundingAmount: order.refundingAmount || null,
  });

import { OrderView, viewOf } from '@comanda/contracts';
import type { Order } from '../domain/order.js';

/** An order as clients see it. */
export const orderView = (order: Order): OrderView =>
  viewOf(OrderView, { ...order, refundingAmount: order.refundingAmount || null });

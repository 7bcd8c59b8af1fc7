import {
  Dispute,
  GetOrderTimeline,
  ListOrders,
  ListPaymentsByOrder,
  OrderStatus,
  OrderView,
  PaymentStatus,
  PaymentView,
  TimelineStep,
  Word,
} from '@comanda/contracts';
import { z } from 'zod';
import {
  createdAt,
  currency,
  customerId,
  items,
  nextCursor,
  orderId,
  paymentId,
  productId,
  totalAmount,
  updatedAt,
} from '../description/examples.js';
import { named } from '../description/named.js';

named('OrderStatus', OrderStatus, 'CONFIRMED');
named('PaymentStatus', PaymentStatus, 'COMPLETED');
const [line = { productId, quantity: 1 }] = items;
named('OrderLine', OrderView.shape.items.element, line);

const order = { orderId, customerId, status: 'CONFIRMED', items, totalAmount, currency } as const;
const whole = { ...order, refundedAmount: 0, createdAt, updatedAt };
export const Order = named('Order', OrderView, whole);
export const OrderPage = named('OrderPage', ListOrders.result, { items: [whole], nextCursor });

/** Only how an order stands. */
export const OrderState = named(
  'OrderState',
  OrderView.pick({ orderId: true, status: true, failureReason: true, updatedAt: true }),
  { orderId, status: 'CONFIRMED', updatedAt },
);

const step = {
  at: createdAt,
  service: 'orders-service',
  type: 'order.created',
  messageId: '0192d1a4-7c3b-7f7e-8a51-3d0c6a9be0e1',
  causationId: '0192d1a4-7c3b-7f7e-8a51-3d0c6a9be0e0',
  detail: { totalAmount, currency },
};
named('TimelineStep', TimelineStep, step);
export const OrderTimeline = named(
  'OrderTimeline',
  GetOrderTimeline.result.extend({
    missing: z
      .array(Word)
      .optional()
      .describe('Services that did not answer: what they know of is missing, and will be there later'),
  }),
  { items: [step] },
);

const payment = {
  paymentId,
  status: 'COMPLETED' as const,
  amount: totalAmount,
  currency,
  provider: 'simulated',
  refundedAmount: 0,
  disputes: [],
  createdAt,
};
named('Dispute', Dispute, {
  disputeId: '0192d1a4-a000-8000-8000-00000000d001',
  reference: 'dp_1',
  status: 'opened',
  ...{
    amount: totalAmount,
    currency,
    code: 'fraudulent',
    reason: 'The owner does not know of it',
    updatedAt,
  },
});
named('Payment', PaymentView, payment);
export const PaymentList = named('PaymentList', ListPaymentsByOrder.result, { items: [payment] });

import type { Order, RefundRequest } from '../domain/order.js';

export const NOW = '2026-01-01T12:00:00.000Z';

/** Two pieces at 180 cents, a minute old, of which only `order.created` was told. */
export const anOrder = (more: Partial<Order> = {}): Order => ({
  tenantId: 'default',
  orderId: 'o1',
  customerId: 'c1',
  status: 'PENDING',
  items: [{ productId: 'p1', quantity: 2, unitPrice: 180 }],
  totalAmount: 360,
  currency: 'EUR',
  refundedAmount: 0,
  refundingAmount: 0,
  paymentMethod: null,
  paymentId: null,
  failureCode: null,
  failureReason: null,
  sequence: 1,
  createdAt: '2026-01-01T11:59:00.000Z',
  updatedAt: '2026-01-01T11:59:00.000Z',
  ...more,
});

/** A refund of 100 cents of that order, just asked for. */
export const aRefundRequest = (more: Partial<RefundRequest> = {}): RefundRequest => ({
  tenantId: 'default',
  orderId: 'o1',
  requestId: 'r1',
  amount: 100,
  reason: 'Cold',
  status: 'REQUESTED',
  failureCode: null,
  createdAt: NOW,
  updatedAt: NOW,
  ...more,
});

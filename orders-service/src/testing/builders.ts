import type { Order, RefundRequest } from '../domain/order.js';
import type { Creation } from '../domain/transitions.js';

export const NOW = '2026-01-01T12:00:00.000Z';
const BEFORE = '2026-01-01T11:59:00.000Z';

/** An order of two espressos for 360 cents that waits for its stock; a test overrides what it needs. */
export const anOrder = (more: Partial<Order> = {}): Order => ({
  tenantId: 'default',
  orderId: 'o1',
  customerId: 'c1',
  status: 'PENDING',
  items: [{ productId: 'espresso', quantity: 2, unitPrice: 180 }],
  totalAmount: 360,
  currency: 'EUR',
  refundedAmount: 0,
  refundingAmount: 0,
  paymentMethod: null,
  paymentId: null,
  paymentSequence: 0,
  bodyHash: null,
  hasContact: false,
  failureCode: null,
  failureReason: null,
  sequence: 1,
  stockCommittedAt: null,
  createdAt: BEFORE,
  updatedAt: BEFORE,
  ...more,
});

/** An order that is paid and whose stock is sold; a test overrides what it needs. */
export const aConfirmedOrder = (more: Partial<Order> = {}): Order =>
  anOrder({ status: 'CONFIRMED', paymentId: 'pay1', sequence: 2, stockCommittedAt: BEFORE, ...more });

/** A request to refund 100 cents of that order; a test overrides what it needs. */
export const aRefundRequest = (more: Partial<RefundRequest> = {}): RefundRequest => ({
  tenantId: 'default',
  orderId: 'o1',
  requestId: 'r1',
  amount: 100,
  reason: 'Cold',
  status: 'REQUESTED',
  failureCode: null,
  createdAt: BEFORE,
  updatedAt: BEFORE,
  ...more,
});

/** A customer places an order of these lines, at these prices. */
export const aCreation = (items: Creation['items'], prices: Creation['prices']): Creation => ({
  kind: 'create-requested',
  tenantId: 'default',
  orderId: 'o1',
  customerId: 'c1',
  items,
  paymentMethod: undefined,
  bodyHash: undefined,
  prices,
});

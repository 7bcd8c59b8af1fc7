import { describe, expect, test } from '@jest/globals';
import { type Followed, follow } from './follow.js';
import { type Order, TERMINAL } from './order.js';
import { type Happening, TRANSITIONS } from './transitions.js';

const NOW = '2026-01-01T12:00:00.000Z';
const order = (status: Order['status']): Order => ({
  tenantId: 'default',
  orderId: 'o1',
  customerId: 'c1',
  status,
  items: [{ productId: 'p1', quantity: 2, unitPrice: 180 }],
  totalAmount: 360,
  currency: 'EUR',
  refundedAmount: 0,
  paymentMethod: null,
  paymentId: null,
  failureCode: null,
  failureReason: null,
  sequence: 1,
  createdAt: NOW,
  updatedAt: '2026-01-01T11:59:00.000Z',
});

const happenings: Happening[] = [
  { kind: 'stock-reserved' },
  { kind: 'stock-rejected', reason: 'Not enough stock' },
  { kind: 'payment-completed', paymentId: 'pay1' },
  { kind: 'payment-failed', code: 'CARD_DECLINED', reason: 'The card was declined' },
  { kind: 'reservation-expired' },
  { kind: 'cancel-requested', reason: 'Changed my mind', by: 'customer' },
];
const happening = (kind: Happening['kind']): Happening => {
  const found = happenings.find((one) => one.kind === kind);
  if (!found) throw new Error(kind);
  return found;
};

const told = (followed: Followed) => (followed.kind === 'changed' ? followed.told : 'ignored');

describe('given a pending order', () => {
  test('when stock is reserved, then it awaits its payment and tells nobody', () => {
    const followed = follow(order('PENDING'), happening('stock-reserved'), NOW);
    expect(followed).toEqual({ kind: 'changed', order: { ...order('AWAITING_PAYMENT'), updatedAt: NOW } });
  });

  test('when stock is short, then it is rejected with the reason', () => {
    const followed = follow(order('PENDING'), happening('stock-rejected'), NOW);
    expect(told(followed)).toEqual({ kind: 'rejected', code: 'OUT_OF_STOCK', reason: 'Not enough stock' });
  });

  test('when the payment overtakes the reservation, then it is confirmed, and the reservation finds nothing to change', () => {
    const paid = follow(order('PENDING'), happening('payment-completed'), NOW);
    expect(told(paid)).toEqual({ kind: 'confirmed', paymentId: 'pay1' });
    expect(paid.kind === 'changed' && follow(paid.order, happening('stock-reserved'), NOW)).toEqual({
      kind: 'ignored',
      status: 'CONFIRMED',
    });
  });
});

describe('given an order that awaits its payment', () => {
  test.each([
    ['payment-completed', { kind: 'confirmed', paymentId: 'pay1' }],
    ['payment-failed', { kind: 'rejected', code: 'CARD_DECLINED', reason: 'The card was declined' }],
    ['reservation-expired', { kind: 'cancelled', reason: 'The order was not paid in time', by: 'system' }],
    ['cancel-requested', { kind: 'cancelled', reason: 'Changed my mind', by: 'customer' }],
  ] as const)('when %s, then it tells %o', (kind, expected) => {
    expect(told(follow(order('AWAITING_PAYMENT'), happening(kind), NOW))).toEqual(expected);
  });
});

describe('given an order that has ended', () => {
  test.each(['REJECTED', 'CANCELLED', 'FULFILLED'] as const)('%s: nothing changes it', (status) => {
    for (const one of happenings)
      expect(follow(order(status), one, NOW)).toEqual({ kind: 'ignored', status });
  });

  test('CONFIRMED: only a cancellation changes it, and stock that turns out to be gone', () => {
    const changing = happenings.filter((one) => follow(order('CONFIRMED'), one, NOW).kind === 'changed');
    expect(changing.map(({ kind }) => kind)).toEqual(['stock-rejected', 'cancel-requested']);
    expect(follow(order('CONFIRMED'), happening('stock-rejected'), NOW)).toMatchObject({
      order: { status: 'CANCELLED', failureCode: 'RESERVATION_LOST' },
      told: { kind: 'cancelled', by: 'system' },
    });
  });
});

test('every status either is an end or has a way on, and no way leads back', () => {
  const rank = { PENDING: 0, AWAITING_PAYMENT: 1, CONFIRMED: 2, REJECTED: 3, CANCELLED: 3, FULFILLED: 3 };
  for (const [from, ways] of Object.entries(TRANSITIONS) as [
    Order['status'],
    Record<string, Order['status']>,
  ][]) {
    expect(Object.keys(ways).length > 0 || TERMINAL.has(from)).toBe(true);
    for (const to of Object.values(ways)) expect(rank[to]).toBeGreaterThan(rank[from]);
  }
});

import { describe, expect, test } from '@jest/globals';
import { anOrder, aRefundRequest, NOW } from '../testing/an-order.js';
import { type Decision, decide } from './decide.js';
import { type Order, TERMINAL } from './order.js';
import { TRANSITIONS, type Trigger } from './transitions.js';

const order = (status: Order['status']): Order => anOrder({ status });
const request = aRefundRequest();
const happenings: Trigger[] = [
  { kind: 'stock-reserved' },
  { kind: 'stock-rejected', reason: 'Not enough stock' },
  { kind: 'payment-completed', paymentId: 'pay1' },
  { kind: 'payment-failed', code: 'CARD_DECLINED', reason: 'The card was declined' },
  { kind: 'reservation-expired' },
  { kind: 'cancel-requested', reason: 'Changed my mind', by: 'customer' },
  { kind: 'fulfil-requested' },
  { kind: 'refund-requested', requestId: 'r1', amount: 100, reason: 'Cold' },
  { kind: 'refunded', amount: 100, request: undefined },
  { kind: 'refund-failed', code: 'CHARGE_DISPUTED', request },
];
const trigger = (kind: Trigger['kind']): Trigger => {
  const found = happenings.find((one) => one.kind === kind);
  if (!found) throw new Error(kind);
  return found;
};

const fact = (decision: Decision) => (decision.kind === 'changed' ? decision.fact : 'ignored');

describe('given a pending order', () => {
  test('when stock is reserved, then it awaits its payment and tells nobody', () => {
    const decision = decide(order('PENDING'), trigger('stock-reserved'), NOW);
    expect(decision).toEqual({ kind: 'changed', order: { ...order('AWAITING_PAYMENT'), updatedAt: NOW } });
  });

  test('when stock is short, then it is rejected with the reason', () => {
    const decision = decide(order('PENDING'), trigger('stock-rejected'), NOW);
    expect(fact(decision)).toEqual({ kind: 'rejected', code: 'OUT_OF_STOCK', reason: 'Not enough stock' });
  });

  test('when the payment overtakes the reservation, then it is confirmed, and the reservation finds nothing to change', () => {
    const paid = decide(order('PENDING'), trigger('payment-completed'), NOW);
    expect(fact(paid)).toEqual({ kind: 'confirmed', paymentId: 'pay1' });
    expect(paid.kind === 'changed' && decide(paid.order, trigger('stock-reserved'), NOW)).toEqual({
      kind: 'ignored',
      code: 'WRONG_STATUS',
      why: 'the order is CONFIRMED',
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
    expect(fact(decide(order('AWAITING_PAYMENT'), trigger(kind), NOW))).toEqual(expected);
  });
});

test('the whole table: what happens to an order in each status, and what changes nothing', () => {
  const statuses = Object.keys(TRANSITIONS) as Order['status'][];
  const become = (status: Order['status'], one: Trigger): string => {
    const paid = {
      ...order(status),
      paymentId: 'pay1',
      refundingAmount: one.kind === 'refund-failed' ? 100 : 0,
    };
    const decision = decide(paid, one, NOW);
    if (decision.kind === 'ignored') {
      expect(decision).toEqual({ kind: 'ignored', code: 'WRONG_STATUS', why: `the order is ${status}` });
      return '-';
    }
    return decision.order.status === status ? '=' : decision.order.status;
  };
  const rows = happenings.map((one) =>
    [one.kind, ...statuses.map((status) => become(status, one))].join(' '),
  );
  expect([statuses.join(' '), ...rows]).toEqual([
    'PENDING AWAITING_PAYMENT CONFIRMED FULFILLED REJECTED CANCELLED',
    'stock-reserved AWAITING_PAYMENT - - - - -',
    'stock-rejected REJECTED - CANCELLED - - -',
    'payment-completed CONFIRMED CONFIRMED - - - -',
    'payment-failed REJECTED REJECTED - - - -',
    'reservation-expired CANCELLED CANCELLED - - - -',
    'cancel-requested CANCELLED CANCELLED CANCELLED - - -',
    'fulfil-requested - - FULFILLED - - -',
    'refund-requested - - = = - -',
    'refunded - - = = = =',
    'refund-failed - - = = - =',
  ]);
});

test('a confirmed order whose stock turns out to be gone is cancelled by the system', () => {
  expect(decide(order('CONFIRMED'), trigger('stock-rejected'), NOW)).toMatchObject({
    order: { status: 'CANCELLED', failureCode: 'RESERVATION_LOST' },
    fact: { kind: 'cancelled', by: 'system' },
  });
});

test('an order that is fulfilled says so', () => {
  expect(fact(decide(order('CONFIRMED'), trigger('fulfil-requested'), NOW))).toEqual({ kind: 'fulfilled' });
});

test('every status either is an end or has a way on, and no way leads back', () => {
  const rank = { PENDING: 0, AWAITING_PAYMENT: 1, CONFIRMED: 2, REJECTED: 3, CANCELLED: 3, FULFILLED: 3 };
  for (const [from, ways] of Object.entries(TRANSITIONS) as [
    Order['status'],
    Record<string, Order['status']>,
  ][]) {
    expect(Object.keys(ways).length > 0 || TERMINAL.has(from)).toBe(true);
    for (const to of Object.values(ways)) expect(to === from || rank[to] > rank[from]).toBe(true);
  }
});

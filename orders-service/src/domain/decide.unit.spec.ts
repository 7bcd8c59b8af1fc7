import { describe, expect, test } from '@jest/globals';
import { aConfirmedOrder, anOrder, aRefundRequest, NOW } from '../testing/builders.js';
import { decide } from './decide.js';
import { type Order, TERMINAL } from './order.js';
import { TRANSITIONS, type Trigger } from './transitions.js';

const TRIGGERS: Readonly<Record<Trigger['kind'], Trigger>> = {
  'stock-reserved': { kind: 'stock-reserved' },
  'stock-rejected': { kind: 'stock-rejected', reason: 'Not enough stock' },
  'payment-completed': { kind: 'payment-completed', paymentId: 'pay1' },
  'payment-failed': { kind: 'payment-failed', code: 'CARD_DECLINED', reason: 'The card was declined' },
  'reservation-expired': { kind: 'reservation-expired' },
  'stock-committed': { kind: 'stock-committed', items: 1 },
  'cancel-requested': { kind: 'cancel-requested', reason: 'Changed my mind', by: 'customer' },
  'fulfil-requested': { kind: 'fulfil-requested' },
  'refund-requested': { kind: 'refund-requested', requestId: 'r1', amount: 100, reason: 'Cold' },
  refunded: { kind: 'refunded', amount: 100, request: undefined, payment: { remaining: 260, sequence: 2 } },
  'refund-failed': {
    ...{ kind: 'refund-failed', code: 'CHARGE_DISPUTED', request: aRefundRequest() },
    payment: { remaining: 360, sequence: 2 },
  },
  disputed: {
    ...{ kind: 'disputed', status: 'lost', amount: 360, currency: 'EUR', code: 'FRAUDULENT' },
    payment: { remaining: 0, sequence: 2 },
  },
};

const given = (order: Order | undefined) => ({
  when: (kind: Trigger['kind']) => decide(order, TRIGGERS[kind], NOW),
});
const TOO_EARLY = { kind: 'too-early', why: 'the order is not known here yet' };

describe('given a pending order', () => {
  const order = anOrder();

  test('when stock is reserved, then it awaits its payment and nobody hears of it', () => {
    expect(given(order).when('stock-reserved')).toEqual({
      kind: 'changed',
      order: { ...order, status: 'AWAITING_PAYMENT', updatedAt: NOW },
      facts: [],
    });
  });

  test('when stock is short, then it is rejected with the reason', () => {
    expect(given(order).when('stock-rejected')).toMatchObject({
      order: { status: 'REJECTED', failureCode: 'OUT_OF_STOCK', failureReason: 'Not enough stock' },
      facts: [{ kind: 'rejected', code: 'OUT_OF_STOCK', reason: 'Not enough stock' }],
    });
  });

  test('when the payment overtakes the reservation, then it is confirmed, and the reservation changes nothing', () => {
    const paid = given(order).when('payment-completed');
    if (paid.kind !== 'changed') throw new Error(paid.why);
    expect(paid.facts).toEqual([{ kind: 'confirmed', paymentId: 'pay1' }]);
    expect(given(paid.order).when('stock-reserved')).toEqual({
      kind: 'ignored',
      order: paid.order,
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
  ] as const)('when %s, then others hear of %o', (kind, fact) => {
    expect(given(anOrder({ status: 'AWAITING_PAYMENT' })).when(kind)).toMatchObject({
      kind: 'changed',
      facts: [fact],
    });
  });
});

describe('given a confirmed order', () => {
  const unsold = aConfirmedOrder({ stockCommittedAt: null });

  test('when its stock turns out to be lost, then the system cancels it', () => {
    expect(given(unsold).when('stock-rejected')).toMatchObject({
      order: { status: 'CANCELLED', failureCode: 'RESERVATION_LOST' },
      facts: [{ kind: 'cancelled', by: 'system' }],
    });
  });

  test('whose stock is not known to be sold, when staff fulfil it, then that waits', () => {
    expect(given(unsold).when('fulfil-requested')).toEqual({
      kind: 'too-early',
      why: 'its stock is not known to be sold yet',
    });
  });

  test('when its stock is sold, then it remembers when, and nothing else changes', () => {
    expect(given(unsold).when('stock-committed')).toEqual({
      kind: 'changed',
      order: { ...unsold, stockCommittedAt: NOW },
      facts: [],
    });
  });

  test('whose stock is sold, when staff fulfil it, then others hear of it', () => {
    expect(given(aConfirmedOrder()).when('fulfil-requested')).toMatchObject({
      order: { status: 'FULFILLED' },
      facts: [{ kind: 'fulfilled' }],
    });
  });
});

test('given an order that is not known yet, then whatever happens to it waits', () => {
  for (const trigger of Object.values(TRIGGERS)) expect(decide(undefined, trigger, NOW)).toEqual(TOO_EARLY);
});

test('the whole table: what happens to an order in each status, and what changes nothing', () => {
  const statuses = Object.keys(TRANSITIONS) as Order['status'][];
  const become = (status: Order['status'], kind: Trigger['kind']): string => {
    const order = aConfirmedOrder({ status, refundingAmount: kind === 'refund-failed' ? 100 : 0 });
    const decision = given(order).when(kind);
    if (decision.kind === 'changed') return decision.order.status === status ? '=' : decision.order.status;
    expect(decision).toEqual({ kind: 'ignored', order, code: 'WRONG_STATUS', why: `the order is ${status}` });
    return '-';
  };
  const rows = (Object.keys(TRIGGERS) as Trigger['kind'][]).map((kind) =>
    [kind, ...statuses.map((status) => become(status, kind))].join(' '),
  );
  expect([statuses.join(' '), ...rows]).toEqual([
    'PENDING AWAITING_PAYMENT CONFIRMED FULFILLED REJECTED CANCELLED',
    'stock-reserved AWAITING_PAYMENT - - - - -',
    'stock-rejected REJECTED - CANCELLED - - -',
    'payment-completed CONFIRMED CONFIRMED - - - -',
    'payment-failed REJECTED REJECTED - - - -',
    'reservation-expired CANCELLED CANCELLED - - - -',
    'stock-committed - - = - - =',
    'cancel-requested CANCELLED CANCELLED CANCELLED - - -',
    'fulfil-requested - - FULFILLED - - -',
    'refund-requested - - = = - -',
    'refunded = = = = = =',
    'refund-failed = = = = = =',
    'disputed = = = = = =',
  ]);
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

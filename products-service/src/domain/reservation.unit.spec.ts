import { describe, expect, test } from '@jest/globals';
import { someStock } from '../testing/some-stock.js';
import {
  ENDS,
  endedBeforeReserved,
  endReservation,
  Reservation,
  type ReservationStatus,
  type ReservationTrigger,
  reserve,
} from './reservation.js';
import type { Stock } from './stock.js';

const [BEFORE, NOW] = ['2026-01-01T11:59:00.000Z', '2026-01-01T12:00:00.000Z'];
const stock = (productId: string, available: number, reserved = 0, sold = 0): Stock =>
  someStock({ productId, available, reserved, sold });
const request = {
  tenantId: 'default',
  orderId: 'o1',
  reservationId: 'r1',
  items: [
    { productId: 'tea', quantity: 2 },
    { productId: 'cake', quantity: 1 },
  ],
  expiresAt: '2026-01-01T12:15:00.000Z',
};
const due = { amount: 950, currency: 'EUR', paymentMethod: 'card' };
const aReservation = (status: ReservationStatus): Reservation => ({
  ...request,
  status,
  sequence: 1,
  updatedAt: BEFORE,
});

const TRIGGERS: readonly ReservationTrigger[] = [
  { kind: 'commit' },
  { kind: 'release', cause: 'cancelled' },
  { kind: 'expire' },
];
const SHELF = [stock('tea', 5, 2, 2), stock('cake', 1, 1, 1)];
const given = (status: ReservationStatus, shelf = SHELF) => ({
  when: (kind: ReservationTrigger['kind']) => {
    const trigger = TRIGGERS.find((one) => one.kind === kind) ?? { kind: 'expire' };
    return endReservation(aReservation(status), { shelf, trigger, now: NOW });
  },
});
const ended = (status: ReservationStatus) => ({ ...aReservation(status), updatedAt: NOW });
const changes = (...after: readonly [Stock, Stock]) =>
  after.map((one, at) => ({ before: SHELF[at], after: one }));

describe('given an order that nobody has reserved for', () => {
  test('when all lines are on the shelf, then they are held until time is up', () => {
    expect(reserve(request, { shelf: SHELF, due, now: NOW })).toEqual({
      reservation: { ...aReservation('HELD'), sequence: 0, updatedAt: NOW },
      stock: changes(stock('tea', 3, 4, 2), stock('cake', 0, 2, 1)),
      reason: 'reserved',
      expiry: 'scheduled',
      facts: [{ kind: 'reserved', due }],
    });
  });

  test('when one line is short, then nothing is held', () => {
    expect(reserve(request, { shelf: [SHELF[0], undefined], due, now: NOW })).toEqual({
      reservation: { ...aReservation('REFUSED'), sequence: 0, updatedAt: NOW },
      stock: [],
      reason: 'reserved',
      expiry: 'unchanged',
      facts: [
        {
          kind: 'rejected',
          reason: 'Not enough stock',
          shortages: [{ productId: 'cake', requested: 1, available: 0 }],
        },
      ],
    });
  });

  test('when it ended before, then that is remembered and nobody hears of it', () => {
    expect(endedBeforeReserved(request, NOW)).toMatchObject({
      reservation: { status: 'ENDED_BEFORE_RESERVED', items: [], sequence: 0 },
      stock: [],
      expiry: 'unchanged',
      facts: [],
    });
  });
});

describe('given held stock', () => {
  test('when the order is confirmed, then it is sold', () => {
    expect(given('HELD').when('commit')).toEqual({
      reservation: ended('COMMITTED'),
      stock: changes(stock('tea', 5, 0, 4), stock('cake', 1, 0, 2)),
      reason: 'released',
      expiry: 'cancelled',
      facts: [{ kind: 'committed' }],
    });
  });

  test('when the order is cancelled, then it goes back on the shelf', () => {
    expect(given('HELD').when('release')).toEqual({
      reservation: ended('RELEASED'),
      stock: changes(stock('tea', 7, 0, 2), stock('cake', 2, 0, 1)),
      reason: 'released',
      expiry: 'cancelled',
      facts: [{ kind: 'released', cause: 'cancelled' }],
    });
  });

  test('when time is up, then it goes back on the shelf and the order hears of it', () => {
    expect(given('HELD').when('expire')).toEqual({
      reservation: ended('EXPIRED'),
      stock: changes(stock('tea', 7, 0, 2), stock('cake', 2, 0, 1)),
      reason: 'expired',
      expiry: 'unchanged',
      facts: [{ kind: 'released', cause: 'expired' }, { kind: 'expired' }],
    });
  });
});

test('given sold stock, when the order is cancelled, then the sale is undone', () => {
  expect(given('COMMITTED').when('release')).toMatchObject({
    reservation: ended('RELEASED'),
    stock: changes(stock('tea', 7, 2, 0), stock('cake', 2, 1, 0)),
    facts: [{ kind: 'released', cause: 'cancelled' }],
  });
});

describe('given a reservation that expired', () => {
  test('when the order is confirmed all the same, then it is sold from the shelf', () => {
    expect(given('EXPIRED').when('commit')).toEqual({
      reservation: ended('COMMITTED'),
      stock: changes(stock('tea', 3, 2, 4), stock('cake', 0, 1, 2)),
      reason: 'reserved',
      expiry: 'unchanged',
      facts: [{ kind: 'committed' }],
    });
  });

  test('when the order is confirmed but others bought the stock, then the reservation is lost and nothing is oversold', () => {
    expect(given('EXPIRED', [stock('tea', 1), stock('cake', 1)]).when('commit')).toEqual({
      reservation: ended('EXPIRED'),
      stock: [],
      reason: 'released',
      expiry: 'unchanged',
      facts: [
        {
          kind: 'rejected',
          reason: 'RESERVATION_LOST',
          shortages: [{ productId: 'tea', requested: 2, available: 1 }],
        },
      ],
    });
  });

  test('when the order is cancelled, then no stock moves, and others hear nothing twice', () => {
    expect(given('EXPIRED').when('release')).toMatchObject({
      reservation: ended('RELEASED'),
      stock: [],
      facts: [],
    });
  });
});

test('the whole table: how each reservation ends, and what changes nothing', () => {
  const all = Reservation.shape.status.options;
  const kinds = TRIGGERS.map(({ kind }) => kind);
  expect(all.map((status) => kinds.map((kind) => ENDS[status]?.[kind]?.stock ?? '-').join(' '))).toEqual([
    'sell put-back put-back',
    '- take-back -',
    '- - -',
    'sell-again none -',
    '- - -',
    '- - -',
  ]);
  for (const status of all)
    for (const kind of kinds) if (!ENDS[status]?.[kind]) expect(given(status).when(kind)).toBeUndefined();
});

import { type Context, type Effect, ENTROPY } from '@comanda/messaging';
import { describe, expect, test } from '@jest/globals';
import type { ProductFact } from '../domain/product.js';
import type { Stock } from '../domain/stock.js';
import { someStock } from '../testing/some-stock.js';
import { bookStock } from './book-stock.js';

const NOW = '2026-01-01T12:00:00.000Z';
const shelf = (available: number, lowStockThreshold: number | null = 5): Stock =>
  someStock({ available, reserved: 1, lowStockThreshold, moves: 7, sequence: 3 });
const why = { reason: 'reserved', orderId: 'order', actor: 'orders' };

/** What is written and published when stock goes from one state to another. */
function follows(before: Stock, after: Stock, facts: readonly ProductFact[] = []) {
  let ids = 0;
  const context: Context = { now: NOW, ...ENTROPY, newId: () => `id-${++ids}` };
  const effects = bookStock({ before, after }, { why, facts }, context);
  const rows = (kind: Effect['kind'], table: string) =>
    effects.flatMap((effect) =>
      (effect.kind === 'put' || effect.kind === 'append') &&
      effect.kind === kind &&
      effect.table.name === table
        ? [effect.row]
        : [],
    );
  const [stock] = rows('put', 'stock');
  return {
    stock: stock as Stock,
    movements: rows('append', 'movements'),
    events: effects.flatMap((effect) =>
      effect.kind === 'emit'
        ? [{ type: effect.event.type, sequence: effect.sequence, subject: effect.subject, data: effect.data }]
        : [],
    ),
    count: effects.length,
  };
}

describe('a change of stock', () => {
  test('is a movement that begins where the one before it ended, with the next number', () => {
    const { stock, movements, events, count } = follows(shelf(20), { ...shelf(17), reserved: 4 });
    expect(stock).toEqual({ ...shelf(17), reserved: 4, moves: 8 });
    expect(movements).toEqual([
      {
        tenantId: 'default',
        movementId: 'id-1',
        productId: 'espresso',
        position: 8,
        at: NOW,
        delta: -3,
        before: 20,
        after: 17,
        ...why,
      },
    ]);
    expect(events).toEqual([]);
    expect(count).toBe(2);
  });

  test('that leaves alone what is available is no movement', () => {
    const { stock, count } = follows(shelf(20), { ...shelf(20), reserved: 0, sold: 1 });
    expect(stock).toEqual({ ...shelf(20), reserved: 0, sold: 1 });
    expect(count).toBe(1);
  });
});

describe('low stock', () => {
  const low = (available: number, delta: number, sequence = 4) => ({
    type: 'product.stockLow',
    sequence,
    subject: 'espresso',
    data: { productId: 'espresso', available, reserved: 1, delta, reason: 'reserved' },
  });

  test.each([
    { from: 6, to: 5, published: true },
    { from: 6, to: 0, published: true },
    { from: 5, to: 4, published: false },
    { from: 4, to: 5, published: false },
    { from: 4, to: 6, published: false },
    { from: 7, to: 6, published: false },
  ])('is published when it goes from $from to $to: $published', ({ from, to, published }) => {
    const found = follows(shelf(from), shelf(to));
    expect(found.events).toEqual(published ? [low(to, to - from)] : []);
    expect(found.stock).toMatchObject(
      published ? { sequence: 4, lastEventAt: NOW } : { sequence: 3, lastEventAt: shelf(0).lastEventAt },
    );
  });

  test('is published when the threshold comes up to what is there, and not again when it comes further', () => {
    expect(follows(shelf(5, null), shelf(5, 5)).events).toEqual([low(5, 0)]);
    expect(follows(shelf(5, 4), shelf(5, 5)).events).toEqual([low(5, 0)]);
    expect(follows(shelf(5, 5), shelf(5, 9)).events).toEqual([]);
    expect(follows(shelf(5, 5), shelf(5, null)).events).toEqual([]);
    expect(follows(shelf(0, null), shelf(0, null)).events).toEqual([]);
  });

  test('comes after the other events of the change, and is counted with it', () => {
    const after = shelf(2);
    const { events, stock } = follows(shelf(9), after, [{ kind: 'stock-changed' }]);
    expect(events.map(({ type, sequence }) => `${sequence} ${type}`)).toEqual([
      '4 product.stockChanged',
      '5 product.stockLow',
    ]);
    expect(stock.sequence).toBe(5);
  });
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { someStock } from '../testing/some-stock.js';
import {
  adjust,
  hold,
  merged,
  putBack,
  type Stock,
  type StockLine,
  sell,
  sellAgain,
  takeBack,
} from './stock.js';

const stock = (productId: string, available: number, reserved = 0, sold = 0): Stock =>
  someStock({ productId, available, reserved, sold, sequence: 1 });
const lines = fc.array(
  fc.record({ productId: fc.constantFrom('a', 'b', 'c'), quantity: fc.integer({ min: 1, max: 50 }) }),
  { minLength: 1, maxLength: 6 },
);
const sum = (items: readonly Stock[]) =>
  items.reduce((total, { available, reserved, sold }) => total + available + reserved + sold, 0);

describe('holding stock', () => {
  test('all lines are there: each is moved from the shelf to the reservation', () => {
    expect(hold([{ productId: 'a', quantity: 2 }], [stock('a', 5, 1, 3)])).toEqual({
      kind: 'held',
      changes: [{ before: stock('a', 5, 1, 3), after: stock('a', 3, 3, 3) }],
    });
  });

  test('one line is short: nothing is held, and every shortage is named', () => {
    const wanted: StockLine[] = [
      { productId: 'a', quantity: 2 },
      { productId: 'b', quantity: 2 },
      { productId: 'c', quantity: 1 },
    ];
    expect(hold(wanted, [stock('a', 5), stock('b', 1), undefined])).toEqual({
      kind: 'short',
      shortages: [
        { productId: 'b', requested: 2, available: 1 },
        { productId: 'c', requested: 1, available: 0 },
      ],
    });
  });

  test('two lines of the same product are one line', () => {
    expect(
      merged([
        { productId: 'a', quantity: 1 },
        { productId: 'b', quantity: 1 },
        { productId: 'a', quantity: 2 },
      ]),
    ).toEqual([
      { productId: 'a', quantity: 3 },
      { productId: 'b', quantity: 1 },
    ]);
  });

  test('whatever is asked for, nothing goes below zero and nothing gets lost or made', () => {
    fc.assert(
      fc.property(
        lines,
        fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 3, maxLength: 3 }),
        (wanted, shelf) => {
          const before = ['a', 'b', 'c'].map((id, at) => stock(id, shelf[at] ?? 0));
          const held = hold(merged(wanted), before);
          if (held.kind === 'short') return expect(held.shortages.length).toBeGreaterThan(0);
          const after = before.map(
            (item) => held.changes.find((change) => change.before === item)?.after ?? item,
          );
          expect(sum(after)).toBe(sum(before));
          for (const { available, reserved } of after)
            expect(Math.min(available, reserved)).toBeGreaterThanOrEqual(0);
          for (const { productId, quantity } of merged(wanted)) {
            expect(after.find((item) => item.productId === productId)?.reserved).toBe(quantity);
          }
        },
      ),
    );
  });
});

describe('what was held', () => {
  test('goes back on the shelf, or is sold, exactly', () => {
    expect(putBack(stock('a', 3, 2), 2)).toEqual(stock('a', 5, 0));
    expect(sell(stock('a', 3, 2, 1), 2)).toEqual(stock('a', 3, 0, 3));
  });

  test('and was sold is taken back: that undoes the sale', () => {
    expect(takeBack(sell(stock('a', 3, 2, 1), 2), 2)).toEqual(stock('a', 5, 0, 1));
  });

  test('is sold again, straight from the shelf: all lines or none', () => {
    const lines: StockLine[] = [
      { productId: 'a', quantity: 2 },
      { productId: 'b', quantity: 1 },
    ];
    expect(sellAgain(lines, [stock('a', 2, 0, 1), stock('b', 3)])).toEqual({
      kind: 'held',
      changes: [
        { before: stock('a', 2, 0, 1), after: stock('a', 0, 0, 3) },
        { before: stock('b', 3), after: stock('b', 2, 0, 1) },
      ],
    });
    expect(sellAgain(lines, [stock('a', 2), stock('b', 0)])).toEqual({
      kind: 'short',
      shortages: [{ productId: 'b', requested: 1, available: 0 }],
    });
  });
});

test('staff take away what is there and no more, and put in what can be counted', () => {
  expect(adjust(stock('a', 3, 2), -3)).toEqual(stock('a', 0, 2));
  expect(adjust(stock('a', 3, 2), -4)).toBeUndefined();
  expect(adjust(stock('a', Number.MAX_SAFE_INTEGER), 1)).toBeUndefined();
  expect(adjust(stock('a', 1, 1, Number.MAX_SAFE_INTEGER - 3), 1)).toEqual(
    stock('a', 2, 1, Number.MAX_SAFE_INTEGER - 3),
  );
  expect(adjust(stock('a', 1, 1, Number.MAX_SAFE_INTEGER - 3), 2)).toBeUndefined();
});

test('near the bounds of what can be counted no counter ever becomes inexact or negative', () => {
  const near = fc.integer({ min: Number.MAX_SAFE_INTEGER - 2_000_000, max: Number.MAX_SAFE_INTEGER });
  const step = fc.oneof(
    fc.record({ kind: fc.constant('adjust' as const), by: fc.integer({ min: -1e9, max: 1e9 }) }),
    fc.record({
      kind: fc.constantFrom('hold' as const, 'put-back' as const, 'sell' as const, 'take-back' as const),
      by: fc.integer({ min: 1, max: 1_000_000 }),
    }),
  );
  fc.assert(
    fc.property(near, fc.array(step, { maxLength: 40 }), (put, steps) => {
      let item = stock('a', put);
      let everything = BigInt(put);
      for (const { kind, by } of steps) {
        if (kind === 'adjust') {
          const after = adjust(item, by);
          if (!after) continue;
          item = after;
          everything += BigInt(by);
        } else if (kind === 'hold') {
          const held = hold([{ productId: 'a', quantity: by }], [item]);
          if (held.kind === 'held') item = held.changes[0]?.after ?? item;
        } else if (kind === 'put-back') item = putBack(item, Math.min(by, item.reserved));
        else if (kind === 'sell') item = sell(item, Math.min(by, item.reserved));
        else item = takeBack(item, Math.min(by, item.sold));
        const counters = [item.available, item.reserved, item.sold];
        expect(counters.every((one) => Number.isSafeInteger(one) && one >= 0)).toBe(true);
        expect(counters.reduce((total, one) => total + BigInt(one), 0n)).toBe(everything);
      }
    }),
  );
});

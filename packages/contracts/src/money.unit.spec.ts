import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Amount, lineAmount, lineTooMany, MAX_UNITS, Quantity, totalAmount } from './money.js';

/** Any lines that the schemas accept. */
const price = fc.oneof(fc.nat(2_000), fc.maxSafeNat(), fc.constant(Number.MAX_SAFE_INTEGER));
const quantity = fc.oneof(
  fc.integer({ min: 1, max: 10 }),
  fc.integer({ min: MAX_UNITS - 10, max: MAX_UNITS }),
);
const lines = fc.array(fc.record({ unitPrice: price, quantity }), { minLength: 1, maxLength: 100 });
const LARGEST = BigInt(Number.MAX_SAFE_INTEGER);

describe('an amount', () => {
  test('that a double cannot hold exactly is none', () => {
    expect(lineAmount(180, 2)).toBe(360);
    expect(lineAmount(Number.MAX_SAFE_INTEGER, 2)).toBeUndefined();
    const line = { unitPrice: Number.MAX_SAFE_INTEGER, quantity: 1 };
    expect(totalAmount([line])).toBe(Number.MAX_SAFE_INTEGER);
    expect(totalAmount([line, { unitPrice: 1, quantity: 1 }])).toBeUndefined();
  });

  test('of whatever lines is exact to the last cent, or there is none', () => {
    fc.assert(
      fc.property(lines, (wanted) => {
        const exact = wanted.reduce((sum, line) => sum + BigInt(line.unitPrice) * BigInt(line.quantity), 0n);
        const total = totalAmount(wanted);
        expect(total === undefined ? undefined : BigInt(total)).toBe(exact <= LARGEST ? exact : undefined);
        if (total !== undefined) expect(Amount.safeParse(total).success).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe('lines of the same product', () => {
  test('are too many from the line on with which they are', () => {
    const line = (productId: string, units: number) => ({ productId, quantity: units });
    expect(lineTooMany([line('a', MAX_UNITS), line('b', MAX_UNITS)])).toBeUndefined();
    expect(lineTooMany([line('a', MAX_UNITS), line('b', 1), line('a', 1)])).toBe(2);
    expect(lineTooMany([line('a', MAX_UNITS - 1), line('a', 1), line('a', 1)])).toBe(2);
  });

  test('are together a quantity, or are found to be too many', () => {
    const wanted = fc.array(fc.record({ productId: fc.constantFrom('a', 'b'), quantity }), {
      maxLength: 100,
    });
    fc.assert(
      fc.property(wanted, (many) => {
        const sums = ['a', 'b'].map((id) =>
          many.filter(({ productId }) => productId === id).reduce((sum, line) => sum + line.quantity, 0),
        );
        const all = sums.every((sum) => sum === 0 || Quantity.safeParse(sum).success);
        expect(lineTooMany(many) === undefined).toBe(all);
      }),
    );
  });
});

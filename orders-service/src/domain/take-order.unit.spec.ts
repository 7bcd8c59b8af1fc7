import { describe, expect, test } from '@jest/globals';
import { type Price, takeOrder, type Wanted } from './take-order.js';

const NOW = '2026-01-01T12:00:00.000Z';
const espresso: Price = { productId: 'espresso', price: 180, currency: 'EUR', active: true };
const cake: Price = { productId: 'cake', price: 450, currency: 'EUR', active: true };
const wanted = (...items: Wanted['items'][number][]): Wanted => ({
  tenantId: 'default',
  orderId: 'o1',
  customerId: 'c1',
  items,
  paymentMethod: undefined,
});
const rejection = (...[lines, prices]: [Wanted, (Price | undefined)[]]) => {
  const taken = takeOrder(lines, prices, NOW);
  expect(taken.order).toMatchObject({ status: taken.kind === 'taken' ? 'PENDING' : 'REJECTED' });
  return taken.kind === 'rejected' ? taken.code : 'taken';
};

describe('an order is taken', () => {
  test('at the prices of this moment, in minor units', () => {
    const taken = takeOrder(
      wanted({ productId: 'espresso', quantity: 2 }, { productId: 'cake', quantity: 1 }),
      [espresso, cake],
      NOW,
    );
    expect(taken).toMatchObject({
      kind: 'taken',
      order: { status: 'PENDING', totalAmount: 810, currency: 'EUR', sequence: 0, createdAt: NOW },
    });
    expect(taken.order.items).toEqual([
      { productId: 'espresso', quantity: 2, unitPrice: 180 },
      { productId: 'cake', quantity: 1, unitPrice: 450 },
    ]);
  });

  test('also when it is free', () => {
    expect(
      takeOrder(wanted({ productId: 'espresso', quantity: 3 }), [{ ...espresso, price: 0 }], NOW),
    ).toMatchObject({
      kind: 'taken',
      order: { totalAmount: 0 },
    });
  });
});

describe('an order is rejected, and kept with the reason', () => {
  test('when a product is not known, not for sale, or priced in another currency', () => {
    expect(rejection(wanted({ productId: 'espresso', quantity: 1 }), [undefined])).toBe('UNKNOWN_PRODUCT');
    expect(rejection(wanted({ productId: 'espresso', quantity: 1 }), [{ ...espresso, active: false }])).toBe(
      'INACTIVE_PRODUCT',
    );
    const lines = wanted({ productId: 'espresso', quantity: 1 }, { productId: 'cake', quantity: 1 });
    expect(rejection(lines, [espresso, { ...cake, currency: 'USD' }])).toBe('MIXED_CURRENCIES');
    expect(rejection(lines, [espresso, undefined])).toBe('UNKNOWN_PRODUCT');
  });

  test('when its lines want more of one product together than a reservation can hold', () => {
    const line = (quantity: number) => ({ productId: 'espresso', quantity });
    const free = { ...espresso, price: 0 };
    const prices = [free, free, free];
    expect(rejection(wanted(line(600_000), line(400_000)), prices)).toBe('taken');
    expect(rejection(wanted(line(600_000), line(400_000), line(1)), prices)).toBe('QUANTITY_TOO_LARGE');
  });

  test('when its total would not be exact', () => {
    const dear = { ...espresso, price: Number.MAX_SAFE_INTEGER };
    expect(rejection(wanted({ productId: 'espresso', quantity: 1 }), [dear])).toBe('taken');
    expect(rejection(wanted({ productId: 'espresso', quantity: 2 }), [dear])).toBe('AMOUNT_TOO_LARGE');
  });
});

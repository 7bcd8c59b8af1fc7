import { describe, expect, test } from '@jest/globals';
import { aCreation, anOrder, NOW } from '../testing/builders.js';
import { decide } from './decide.js';
import type { Price } from './take-order.js';
import type { Creation } from './transitions.js';

const named = { sku: 'ESPRESSO', name: 'Espresso' };
const espresso: Price = { productId: 'espresso', ...named, price: 180, currency: 'EUR', active: true };
/** The list learned of it before it kept names. */
const cake: Price = {
  productId: 'cake',
  ...{ sku: null, name: null },
  ...{ price: 450, currency: 'EUR', active: true },
};
const of = (productId: string, quantity = 1) => ({ productId, quantity });

const created = (items: Creation['items'], prices: Creation['prices']) => {
  const decision = decide(undefined, aCreation(items, prices), NOW);
  if (decision.kind !== 'changed') throw new Error(decision.why);
  return decision;
};

describe('an order is taken', () => {
  test('with the names and prices of this moment, in minor units, and others hear of it', () => {
    const items = [
      { productId: 'espresso', ...named, quantity: 2, unitPrice: 180 },
      { productId: 'cake', quantity: 1, unitPrice: 450 },
    ];
    expect(created([of('espresso', 2), of('cake')], [espresso, cake])).toEqual({
      kind: 'changed',
      order: anOrder({ items, totalAmount: 810, sequence: 0, createdAt: NOW, updatedAt: NOW }),
      facts: [{ kind: 'created', items }],
    });
  });

  test('also when it is free', () => {
    expect(created([of('espresso', 3)], [{ ...espresso, price: 0 }])).toMatchObject({
      order: { status: 'PENDING', totalAmount: 0 },
      facts: [{ kind: 'created' }],
    });
  });

  test('once', () => {
    const order = anOrder();
    expect(decide(order, aCreation([of('espresso')], [espresso]), NOW)).toEqual({
      kind: 'ignored',
      order,
      code: 'WRONG_STATUS',
      why: 'the order is PENDING',
    });
  });
});

describe('an order is rejected, and kept with the reason', () => {
  const rejection = (items: Creation['items'], prices: Creation['prices']) => {
    const { order, facts } = created(items, prices);
    const { status, failureCode: code, failureReason: reason } = order;
    expect(facts).toMatchObject([
      status === 'PENDING' ? { kind: 'created' } : { kind: 'rejected', code, reason },
    ]);
    return code ?? status;
  };

  test('when a product is not known, not for sale, or priced in another currency', () => {
    expect(rejection([of('espresso')], [undefined])).toBe('UNKNOWN_PRODUCT');
    expect(rejection([of('espresso')], [{ ...espresso, active: false }])).toBe('INACTIVE_PRODUCT');
    const both = [of('espresso'), of('cake')];
    expect(rejection(both, [espresso, { ...cake, currency: 'USD' }])).toBe('MIXED_CURRENCIES');
    expect(rejection(both, [espresso, undefined])).toBe('UNKNOWN_PRODUCT');
  });

  test('when a product is priced in what is no money any more, or never was', () => {
    const inKuna = created([of('espresso')], [{ ...espresso, currency: 'HRK' }]).order;
    expect(inKuna.failureCode).toBe('CURRENCY_NOT_IN_FORCE');
    expect(inKuna.failureReason).toBe(
      'The currency of product espresso must be a currency in force: HRK was withdrawn in 2023-01',
    );
    for (const currency of ['XAU', 'XXX', 'CLF', 'ZZZ'])
      expect(rejection([of('espresso')], [{ ...espresso, currency }])).toBe('CURRENCY_NOT_IN_FORCE');
  });

  test('with the names of those products that are known, and without prices', () => {
    expect(created([of('espresso'), of('cake'), of('tea')], [espresso, cake, undefined]).order.items).toEqual(
      [{ ...of('espresso'), ...named }, of('cake'), of('tea')],
    );
  });

  test('when its lines want more of one product together than a reservation can hold', () => {
    const free = { ...espresso, price: 0 };
    const prices = [free, free, free];
    const million = [of('espresso', 600_000), of('espresso', 400_000)];
    expect(rejection(million, prices)).toBe('PENDING');
    expect(rejection([...million, of('espresso')], prices)).toBe('QUANTITY_TOO_LARGE');
  });

  test('when its total would not be exact', () => {
    const dear = { ...espresso, price: Number.MAX_SAFE_INTEGER };
    expect(rejection([of('espresso', 1)], [dear])).toBe('PENDING');
    expect(rejection([of('espresso', 2)], [dear])).toBe('AMOUNT_TOO_LARGE');
  });
});

import { expect, test } from '@jest/globals';
import { type Entry, mend } from './mend-price-list.js';

const at = (version: number, more: Partial<Entry> = {}): Entry => ({
  productId: 'tea',
  sku: 'TEA',
  name: 'Tea',
  originalName: 'Tea',
  price: 250,
  currency: 'EUR',
  active: true,
  version,
  ...more,
});
const nothing = { write: [], missing: [], stale: [] };

test('what is missing on the price list is added', () => {
  expect(mend([at(3)], [undefined])).toEqual({ write: [at(3)], missing: ['tea'], stale: [] });
});

test('what a page of an earlier build does not name keeps its name', () => {
  const unnamed = { sku: null, name: null, originalName: null };
  expect(mend([at(3, unnamed)], [at(3)])).toEqual(nothing);
  expect(mend([at(3, unnamed)], [at(2)])).toEqual({ write: [at(3)], missing: [], stale: [] });
  expect(mend([at(3, unnamed)], [undefined])).toMatchObject({ write: [unnamed], missing: ['tea'] });
});

test('a name that changed keeps the first one beside it', () => {
  expect(mend([at(3, { name: 'Tee' })], [at(2)]).write).toEqual([
    at(3, { name: 'Tee', originalName: 'Tea' }),
  ]);
});

test.each([{ price: 1 }, { currency: 'USD' }, { active: false }, { name: 'Tee' }, { sku: null, name: null }])(
  'an entry with %p is put right',
  (wrong) => {
    for (const version of [2, 3])
      expect(mend([at(3)], [at(version, wrong)])).toEqual({ write: [at(3)], missing: [], stale: ['tea'] });
  },
);

test('an entry that is younger than the page stays, whatever the page says', () => {
  expect(mend([at(3)], [at(4, { price: 1 })])).toEqual(nothing);
});

test('an entry that is right stays; an older one learns how old the page is, so that no late event undoes it', () => {
  expect(mend([at(3)], [at(3)])).toEqual(nothing);
  expect(mend([at(3)], [at(2)])).toEqual({ write: [at(3)], missing: [], stale: [] });
});

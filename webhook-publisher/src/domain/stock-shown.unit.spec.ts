import { expect, test } from '@jest/globals';
import { stockShown } from './stock-shown.js';

const line = (sku: string, available: number, more = {}) => ({
  ...{ sku, name: `Té ${sku}`, available, lowStockThreshold: null, active: true },
  ...more,
});
const skus = (entries: Parameters<typeof stockShown>[0], word = '') =>
  stockShown(entries, word).shown.map(({ sku }) => sku);

test('what is low stands first, then what is least, and what is not for sale not at all', () => {
  const low = { lowStockThreshold: 50 };
  expect(
    skus([line('c', 5), line('a', 40, low), line('d', 5), line('b', 0), line('e', 0, { active: false })]),
  ).toEqual(['a', 'b', 'c', 'd']);
});

test('a word finds what has it in its SKU or its name, however it is written', () => {
  const entries = [line('GREEN-1', 2), line('black', 1), line('cup', 3, { name: 'Green cup' })];
  expect(skus(entries, 'green')).toEqual(['GREEN-1', 'cup']);
  expect(skus(entries, 'TÉ')).toEqual(['black', 'GREEN-1']);
  expect(skus(entries, '.*')).toEqual([]);
});

test('twenty are shown, and the number of the others', () => {
  const { shown, more } = stockShown(
    Array.from({ length: 23 }, (_, at) => line(`sku-${at}`, at)),
    '',
  );
  expect([shown.length, shown.at(-1)?.available, more]).toEqual([20, 19, 3]);
});

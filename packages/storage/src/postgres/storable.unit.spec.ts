import { expect, test } from '@jest/globals';
import { storable } from './storable.js';

test('text loses only what PostgreSQL can not keep', () => {
  expect(storable('"quotes", \\u0000 written out, 🍽')).toBe('"quotes", \\u0000 written out, 🍽');
  expect(storable('a\u0000b \ud83c alone')).toBe('a\ufffdb \ufffd alone');
});

test('a list becomes JSON, and what is in it loses the same', () => {
  const plain = [['"quotes"', '\\u0000 written out', '🍽', 1, null]];
  expect(storable(plain)).toBe(JSON.stringify(plain));
  expect(JSON.parse(String(storable([['a\u0000b', '\ud83c alone', '🍽']])))).toEqual([
    ['a\ufffdb', '\ufffd alone', '🍽'],
  ]);
});

test('numbers and nothing go as they are', () => {
  expect([storable(7), storable(null)]).toEqual([7, null]);
});

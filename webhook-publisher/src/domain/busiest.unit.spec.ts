import { expect, test } from '@jest/globals';
import { Busiest, OTHER } from './busiest.js';

const WINDOW_MS = 1_000;

test('first come have names, then those that were seen most often, and who loses one is told of', () => {
  const forgotten: string[] = [];
  const busiest = new Busiest(2, WINDOW_MS, (name) => forgotten.push(name));
  const see = (all: string, now: number) => all.split('').map((one) => busiest.nameOf(one, now));
  expect(see('abccc', 0)).toEqual(['a', 'b', OTHER, OTHER, OTHER]);
  expect(see('bc', WINDOW_MS - 1)).toEqual(['b', OTHER]);
  expect(forgotten).toEqual([]);
  // In the window that is over: c four times, b twice, a once.
  expect(see('abcd', WINDOW_MS)).toEqual([OTHER, 'b', 'c', OTHER]);
  expect(forgotten).toEqual(['a']);
});

test('however many there are, no more have names; a quiet window frees them all', () => {
  const forgotten: string[] = [];
  const busiest = new Busiest(3, WINDOW_MS, (name) => forgotten.push(name));
  const many = Array.from({ length: 500 }, (_, nth) => busiest.nameOf(String(nth), 0));
  expect(new Set(many)).toEqual(new Set(['0', '1', '2', OTHER]));
  busiest.nameOf('400', WINDOW_MS);
  expect(busiest.nameOf('499', 2 * WINDOW_MS)).toBe('499');
  expect(busiest.nameOf('400', 2 * WINDOW_MS)).toBe('400');
});

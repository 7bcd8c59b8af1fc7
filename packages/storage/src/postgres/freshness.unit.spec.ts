import { expect, test } from '@jest/globals';
import { Freshness, positionOf } from './freshness.js';

const MOST_MS = 2_000;
const atOnce = () => new Freshness(MOST_MS);

test('a standby that nobody has compared yet is not fresh', () => {
  const freshness = atOnce();
  freshness.replayed(10n);
  expect(freshness.isWithin(MOST_MS, 0)).toBe(false);
});

test('with an idle primary it stays fresh, as long as it is asked', () => {
  const freshness = atOnce();
  for (const at of [0, 500, 1_000]) {
    freshness.written(at, 10n);
    freshness.replayed(10n);
  }
  expect(freshness.isWithin(MOST_MS, 3_000)).toBe(true);
  expect(freshness.isWithin(MOST_MS, 3_001)).toBe(false);
});

test('it is as fresh as the newest sample that it has replayed', () => {
  const freshness = atOnce();
  freshness.written(0, 10n);
  freshness.written(500, 20n);
  freshness.written(1_000, 30n);
  freshness.replayed(29n);
  expect(freshness.isWithin(500, 1_000)).toBe(true);
  expect(freshness.isWithin(499, 1_000)).toBe(false);
  // It is never less fresh than it was.
  freshness.replayed(15n);
  expect(freshness.isWithin(500, 1_000)).toBe(true);
});

test('while writes go on and nothing is replayed it gets old, and when all is replayed it is fresh at once', () => {
  const freshness = atOnce();
  for (let at = 0; at <= 60_000; at += 500) {
    freshness.written(at, BigInt(at));
    freshness.replayed(1_000n);
  }
  expect(freshness.isWithin(MOST_MS, 60_000)).toBe(false);
  freshness.replayed(60_000n);
  expect(freshness.isWithin(0, 60_000)).toBe(true);
});

test('positions are compared as numbers', () => {
  expect(positionOf('0/FFFFFFFF') < positionOf('1/0')).toBe(true);
  expect(positionOf('A/0')).toBe(10n * 2n ** 32n);
  expect(positionOf('16/B374D848')).toBe(0x16b374d848n);
});

import { expect, test } from '@jest/globals';
import { allDurations, type Durations, percentile, withDuration } from './durations.js';

const of = (...all: readonly number[]): Durations => all.reduce<Durations>(withDuration, {});
const from1to = (last: number) => Array.from({ length: last }, (_, nth) => nth + 1);

test.each([0, 1, 2, 3, 17, 250, 999, 10_000, 60_000])(
  'a duration of %i ms is shown, or up to a fifth more',
  (ms) => {
    const shown = percentile(of(ms), 50);
    expect(shown).toBeGreaterThanOrEqual(ms);
    expect(shown).toBeLessThanOrEqual(Math.max(1, Math.ceil(ms * 1.2)));
  },
);

test('so many of a hundred took no longer than is said', () => {
  const durations = of(...from1to(1_000));
  expect(percentile(durations, 50)).toBeGreaterThanOrEqual(500);
  expect(percentile(durations, 50)).toBeLessThanOrEqual(600);
  expect(percentile(durations, 99)).toBeGreaterThanOrEqual(990);
  expect(percentile(durations, 99)).toBeLessThanOrEqual(1_188);
  // One slow one of a hundred is not among the 99.
  expect(percentile(of(...Array(99).fill(10), 9_000), 99)).toBeLessThanOrEqual(12);
  expect(percentile(of(...Array(98).fill(10), 9_000, 9_000), 99)).toBeGreaterThanOrEqual(9_000);
});

test('of none there is nothing to say', () => {
  expect(percentile({}, 50)).toBeUndefined();
});

test('hours add up to what they are together, in little room', () => {
  const [odd, even] = [from1to(60_000).filter((ms) => ms % 2), from1to(60_000).filter((ms) => ms % 2 === 0)];
  expect(allDurations([of(...odd), of(...even)])).toEqual(of(...from1to(60_000)));
  expect(Object.keys(of(...from1to(60_000))).length).toBeLessThan(65);
});

import { expect, test } from '@jest/globals';
import { DISABLE_AFTER_MS, mustDisable } from './failing-subscription.js';

const start = 1_700_000_000_000;

test('a subscription is disabled after five days of nothing but failures, to the millisecond', () => {
  expect(DISABLE_AFTER_MS).toBe(5 * 24 * 3_600_000);
  expect(mustDisable(start, start + DISABLE_AFTER_MS - 1)).toBe(false);
  expect(mustDisable(start, start + DISABLE_AFTER_MS)).toBe(true);
});

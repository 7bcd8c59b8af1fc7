import { expect, test } from '@jest/globals';
import { DISABLE_AFTER_MS, type FailureStreak, mustDisable, recordOutcome } from './failing-subscription.js';

const start = 1_700_000_000_000;

test('a subscription is disabled after five days of nothing but failures, counted from the first', () => {
  let streak: FailureStreak = recordOutcome({}, false, start);
  streak = recordOutcome(streak, false, start + DISABLE_AFTER_MS - 1);
  expect(mustDisable(streak, start + DISABLE_AFTER_MS - 1)).toBe(false);
  expect(mustDisable(streak, start + DISABLE_AFTER_MS)).toBe(true);
  expect(DISABLE_AFTER_MS).toBe(432_000_000);
});

test('one success ends the streak', () => {
  const failed = recordOutcome({}, false, start);
  const delivered = recordOutcome(failed, true, start + 1);
  expect(mustDisable(delivered, start + 2 * DISABLE_AFTER_MS)).toBe(false);
  const again = recordOutcome(delivered, false, start + DISABLE_AFTER_MS);
  expect(mustDisable(again, start + DISABLE_AFTER_MS + 1)).toBe(false);
});

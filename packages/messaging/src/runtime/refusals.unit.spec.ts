import { expect, test } from '@jest/globals';
import { Refusals } from './refusals.js';

test('what is refused again and again is news once, until it was taken in between', () => {
  const refusals = new Refusals();
  expect(refusals.note('order.created', 'full', 1_000)).toBe(true);
  expect(refusals.note('order.created', 'full', 1_001)).toBe(false);
  expect(refusals.note('order.rejected', 'full', 1_002)).toBe(true);
  expect(refusals.unhealthyReason).toBe('an event is not taken: full');
  expect(refusals.offeredAgain(1_002)).toBe(false);
  expect(refusals.note('order.created', 'full', 1_003)).toBe(true);
});

test('it is over when all was offered again and nothing refused', () => {
  const refusals = new Refusals();
  expect(refusals.offeredAgain(5_000)).toBe(false);
  refusals.note('order.created', 'no queue is bound', 1_000);
  // Refused once more while it was offered.
  refusals.note('order.created', 'no queue is bound', 2_000);
  expect(refusals.offeredAgain(1_500)).toBe(false);
  expect(refusals.unhealthyReason).toBe('an event is not taken: no queue is bound');
  expect([refusals.since('order.created', 1_500), refusals.since('order.created', 2_001)]).toEqual([
    true,
    false,
  ]);
  expect(refusals.since('order.rejected', 0)).toBe(false);
  expect(refusals.offeredAgain(2_500)).toBe(true);
  expect(refusals.unhealthyReason).toBeUndefined();
});

import { expect, test } from '@jest/globals';
import { hourOf, NOTHING_YET, withAttempt } from './delivery-hour.js';

const at = '2027-02-02T10:59:59.999Z';
const answered = (statusCode: number) => ({ deliveryId: 'd', at, statusCode, durationMs: 8, error: null });
const unsent = { deliveryId: 'd', at, statusCode: null, durationMs: 0, error: 'not sent: it is disabled' };

test('an hour begins at its full hour, in UTC', () => {
  expect(hourOf(at)).toBe('2027-02-02T10:00:00.000Z');
});

test('a delivery that arrives at the second attempt is two attempts, one arrival and one error', () => {
  const first = withAttempt(NOTHING_YET, answered(503));
  const both = withAttempt(first, { ...answered(204), end: 'delivered' });
  expect(first).toMatchObject({ attempts: 1, delivered: 0, failed: 0, lastError: 'answered 503' });
  expect(both).toEqual({
    ...{ delivered: 1, failed: 0, dropped: 0, attempts: 2, durations: { 12: 2 } },
    lastAnswers: [204, 503].map((statusCode) => ({ deliveryId: 'd', at, statusCode, durationMs: 8 })),
    ...{ lastDeliveredAt: at, lastError: 'answered 503' },
  });
});

test('what is given up counts as failed, and what is dropped as no attempt', () => {
  const failed = { ...answered(500), statusCode: null, error: 'timeout: no answer', end: 'failed' } as const;
  expect(withAttempt(NOTHING_YET, failed)).toMatchObject({
    ...{ failed: 1, attempts: 1, lastError: 'timeout: no answer' },
  });
  expect(withAttempt(NOTHING_YET, { ...unsent, end: 'dropped' })).toMatchObject({
    ...{
      dropped: 1,
      attempts: 0,
      durations: {},
      lastError: unsent.error,
      lastAnswers: [{ error: unsent.error }],
    },
  });
});

test('of many answers it keeps the last ten', () => {
  let hour = NOTHING_YET;
  for (let code = 500; code < 530; code++) hour = withAttempt(hour, answered(code));
  expect(hour.lastAnswers.map(({ statusCode }) => statusCode)).toEqual(
    Array.from({ length: 10 }, (_, nth) => 529 - nth),
  );
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { anAnswer } from '../testing/an-answer.js';
import type { AttemptResult } from './attempt-result.js';
import { MAX_RETRY_AFTER_MS, nextStep, stepsPassed } from './delivery-outcome.js';

const now = 1_700_000_000_000;
/** What is known after the nth attempt. */
const at = (nth: number, random = 0.5) => ({
  failures: nth - 1,
  skipped: 0,
  moved: false,
  scheduleSeconds: [1, 2, 4, 8, 16],
  now,
  random: () => random,
});
const answer = (status: number, retryAt?: number): AttemptResult => ({
  ...anAnswer(status),
  ...(retryAt !== undefined && { retryAt }),
});
const failure = (reason: 'timeout' | 'network' | 'dns' | 'unsafe-target'): AttemptResult => ({
  kind: 'failure',
  reason,
  detail: 'x',
  durationMs: 5,
});

describe('after an attempt', () => {
  test.each([200, 201, 202, 204, 299])('%i means delivered', (status) => {
    expect(nextStep(answer(status), at(1))).toEqual({ kind: 'delivered' });
    expect(nextStep(answer(status), at(6))).toEqual({ kind: 'delivered' });
  });

  test.each([
    99, 101, 300, 301, 302, 304, 307, 308, 400, 401, 404, 409, 413, 421, 426, 429, 500, 502, 503, 504, 600,
    999,
  ])('%i is tried again', (status) => {
    expect(nextStep(answer(status), at(1))).toEqual({ kind: 'retry', dueAt: now + 1000 });
  });

  test.each(['timeout', 'network', 'dns'] as const)('a failure by %s is tried again', (reason) => {
    expect(nextStep(failure(reason), at(1))).toEqual({ kind: 'retry', dueAt: now + 1000 });
  });

  test('410 disables the subscription at once, even with tries left', () => {
    const gone = { kind: 'disable', reason: 'gone', why: 'The endpoint answered 410 Gone' };
    expect(nextStep(answer(410), at(1))).toEqual(gone);
    expect(nextStep(answer(410), at(6))).toEqual(gone);
  });

  test('an unsafe target is never tried again', () => {
    expect(nextStep(failure('unsafe-target'), at(1))).toEqual({ kind: 'failed', reason: 'unsafe-target' });
  });

  test('a permanent refusal of the channel ends the delivery, and the subscription if it is about that', () => {
    const refused: AttemptResult = { kind: 'refused', status: 403, detail: 'blocked', durationMs: 5 };
    expect(nextStep(refused, at(1))).toEqual({ kind: 'failed', reason: 'refused' });
    const gone = { kind: 'disable', reason: 'gone', why: 'blocked us' };
    expect(nextStep({ ...refused, gone: 'blocked us' }, at(1))).toEqual(gone);
  });

  test('the delivery goes after a subscriber that moved, once, also when no try is left', () => {
    const moved: AttemptResult = { kind: 'moved', status: 400, detail: '', target: '-1002', durationMs: 5 };
    expect(nextStep(moved, at(6))).toEqual({ kind: 'follow', target: '-1002' });
    expect(nextStep(moved, { ...at(1), moved: true })).toEqual({ kind: 'failed', reason: 'refused' });
  });

  test('five retries follow after 1, 2, 4, 8 and 16 seconds, and the sixth failure is the last', () => {
    const waits = [1, 2, 3, 4, 5].map((attempt) => nextStep(answer(500), at(attempt)));
    expect(waits).toEqual([1, 2, 4, 8, 16].map((s) => ({ kind: 'retry', dueAt: now + s * 1000 })));
    expect(nextStep(answer(500), at(6))).toEqual({ kind: 'failed', reason: 'schedule-used-up' });
  });

  test('an empty schedule means one try', () => {
    expect(nextStep(answer(500), { ...at(1), scheduleSeconds: [] })).toMatchObject({ kind: 'failed' });
  });
});

describe('a wish to be left alone for a while', () => {
  test('is honoured when it asks for more than the schedule, whatever the failure', () => {
    for (const status of [301, 413, 429, 503])
      expect(nextStep(answer(status, now + 30_000), at(1))).toEqual({ kind: 'retry', dueAt: now + 30_000 });
  });

  test.each([0, now - 1, now, now + 15_999])('does not make us hurry (%i)', (retryAt) => {
    expect(nextStep(answer(429, retryAt), at(5))).toEqual({ kind: 'retry', dueAt: now + 16_000 });
  });

  test.each([now + 3_600_001, Number.MAX_VALUE, Number.POSITIVE_INFINITY])(
    'is honoured up to one hour (%d)',
    (retryAt) => {
      const step = { kind: 'retry', dueAt: now + MAX_RETRY_AFTER_MS };
      expect(nextStep(answer(429, retryAt), at(1))).toEqual(step);
      expect(MAX_RETRY_AFTER_MS).toBe(3_600_000);
    },
  );

  test('gives no tries beyond the schedule', () => {
    const over = { kind: 'failed', reason: 'schedule-used-up' };
    expect(nextStep(answer(429, now + 1000), at(6))).toEqual(over);
  });
});

describe('when nothing was sent', () => {
  test.each(['breaker-open', 'busy', 'throttled'] as const)(
    '%s costs no attempt, not even the last one',
    (reason) => {
      const held: AttemptResult = { kind: 'not-attempted', reason, detail: 'x', retryAfterMs: 1000 };
      expect(nextStep(held, at(6, 0))).toEqual({ kind: 'postpone', dueAt: now + 1000 });
      expect(nextStep(held, at(1, 0.999))).toEqual({ kind: 'postpone', dueAt: now + 1200 });
    },
  );
});

describe('for any result, attempt and chance', () => {
  const random = fc.double({ min: 0, max: 0.999999, noNaN: true });
  const schedule = fc.array(fc.integer({ min: 1, max: 86_400 }), { maxLength: 10 });

  test('a retry is due within 20 % of the schedule, or when the receiver asks, and never in the past', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 300, max: 599 }).filter((status) => status !== 410),
        fc.integer({ min: 0, max: 11 }),
        schedule,
        random,
        fc.option(fc.nat({ max: 100_000 }), { nil: undefined }),
        (status, failures, scheduleSeconds, chance, asked) => {
          const step = nextStep(answer(status, asked === undefined ? undefined : now + asked * 1000), {
            failures,
            skipped: 0,
            moved: false,
            scheduleSeconds,
            now,
            random: () => chance,
          });
          const seconds = scheduleSeconds[failures];
          if (seconds === undefined) {
            expect(step).toEqual({ kind: 'failed', reason: 'schedule-used-up' });
            return;
          }
          const floor = Math.min((asked ?? 0) * 1000, MAX_RETRY_AFTER_MS);
          const wait = step.kind === 'retry' ? step.dueAt - now : Number.NaN;
          expect(wait).toBeGreaterThanOrEqual(Math.max(floor, seconds * 800));
          expect(wait).toBeLessThanOrEqual(Math.max(floor, seconds * 1200));
          expect(Number.isInteger(wait)).toBe(true);
        },
      ),
    );
  });

  test('what was held back never comes back before its limit allows', () => {
    fc.assert(
      fc.property(fc.nat({ max: 1_000_000 }), random, (retryAfterMs, chance) => {
        const held: AttemptResult = { kind: 'not-attempted', reason: 'busy', detail: 'x', retryAfterMs };
        const step = nextStep(held, at(1, chance));
        expect(step.kind === 'postpone' && step.dueAt >= now + retryAfterMs).toBe(true);
      }),
    );
  });
});

describe('a delivery that waits for its endpoint', () => {
  const passed = (waitedMs: number, failures = 0, skipped = 0) =>
    stepsPassed(waitedMs, { failures, skipped, scheduleSeconds: [1, 2, 4] });

  test.each([
    [0, 0],
    [999, 0],
    [1_000, 1],
    [2_999, 1],
    [3_000, 2],
    [7_000, 3],
    [1e9, 3],
    [-5, 0],
  ])('for %i ms passes %i steps of its schedule', (waitedMs, steps) => {
    expect(passed(waitedMs)).toBe(steps);
  });

  test('passes those that are left', () => {
    expect([passed(4_000, 1, 1), passed(3_999, 1, 1), passed(1e9, 2, 1)]).toEqual([1, 0, 0]);
    expect(nextStep(answer(500), { ...at(2), skipped: 1 })).toEqual({ kind: 'retry', dueAt: now + 4_000 });
    expect(nextStep(answer(500), { ...at(2), skipped: 4 })).toMatchObject({ reason: 'schedule-used-up' });
  });
});

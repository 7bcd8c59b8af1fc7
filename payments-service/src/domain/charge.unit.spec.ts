import { describe, expect, test } from '@jest/globals';
import { aPayment, NOW } from '../testing/a-payment.js';
import {
  CHARGE_RETRY_SECONDS,
  type ChargeResult,
  charged,
  isCertain,
  isOver,
  type Progress,
} from './charge.js';
import type { Payment } from './payment.js';

const at = (seconds: number) => new Date(Date.parse(NOW) + seconds * 1000).toISOString();
const payment = aPayment();
const refundOnCapture = { ...payment, refundOnCapture: true };
const fresh: Progress = { certain: 0, refusals: 0, expiresAt: at(900) };
const busy = { kind: 'retry', code: 'PROVIDER_BUSY', reason: 'Not now' } as const;
const follow = (
  result: ChargeResult,
  {
    of = payment,
    start = 1,
    progress = {},
  }: { of?: Payment; start?: number; progress?: Partial<Progress> } = {},
) => charged(of, result, { start, progress: { ...fresh, ...progress } }, NOW);

describe('a charge', () => {
  test('that is captured completes the payment, with nothing to give back', () => {
    expect(follow({ kind: 'captured', reference: 'ch1' })).toEqual({
      kind: 'completed',
      payment: { ...payment, status: 'COMPLETED', reference: 'ch1' },
      refund: false,
    });
  });

  test('that is captured after its order ended is given back', () => {
    expect(follow({ kind: 'captured', reference: 'ch1' }, { of: refundOnCapture })).toMatchObject({
      kind: 'completed',
      refund: true,
    });
  });

  test('that is declined has failed for good, at the first start or at any other', () => {
    const declined = { kind: 'declined', code: 'CARD_DECLINED', reason: 'No' } as const;
    for (const start of [1, 7])
      expect(follow(declined, { start })).toMatchObject({
        kind: 'failed',
        payment: { status: 'FAILED', failureCode: 'CARD_DECLINED', failureReason: 'No' },
      });
  });

  test('that the provider puts off is tried again after 2, 4 and 8 seconds, and then has failed', () => {
    expect(CHARGE_RETRY_SECONDS).toEqual([2, 4, 8]);
    const steps = [0, 1, 2].map((refusals) => follow(busy, { start: refusals + 1, progress: { refusals } }));
    expect(steps).toEqual(
      [2, 4, 8].map((seconds, before) => ({
        kind: 'again',
        payment,
        dueAt: at(seconds),
        progress: { ...fresh, certain: before + 1, refusals: before + 1 },
      })),
    );
    expect(follow(busy, { start: 4, progress: { refusals: 3 } })).toMatchObject({
      kind: 'failed',
      payment: { failureCode: 'PROVIDER_BUSY' },
    });
  });

  test('that nobody wants any longer is not tried again', () => {
    expect(follow(busy, { of: refundOnCapture })).toMatchObject({ kind: 'failed' });
  });

  test('for which the provider is away waits, however often, without counting as put off', () => {
    for (const start of [1, 2, 3, 4, 10, 1_000])
      for (const kind of ['unavailable', 'unknown'] as const)
        expect(follow({ kind }, { start })).toMatchObject({
          kind: 'again',
          dueAt: at(Math.min(2 ** start, 15)),
          progress: { refusals: 0 },
        });
  });

  test('leaves a provider alone for as long as it asks, but for five minutes at most', () => {
    for (const [waitSeconds, seconds] of [
      [45, 45],
      [1, 15],
      [99_999_999_999, 300],
      [Number.POSITIVE_INFINITY, 300],
    ] as const)
      expect(follow({ kind: 'unavailable', waitSeconds }, { start: 10 })).toMatchObject({
        dueAt: at(seconds),
      });
  });

  test('never waits beyond the end of its reservation', () => {
    const soon = { expiresAt: at(1) };
    for (const result of [busy, { kind: 'unknown' }, { kind: 'unavailable' }] as const)
      expect(follow(result, { start: 3, progress: soon })).toMatchObject({ kind: 'again', dueAt: at(1) });
  });

  test('whose reference is known now goes on at once and keeps it', () => {
    expect(follow({ kind: 'opened', reference: 'pi1' })).toEqual({
      kind: 'again',
      payment: { ...payment, reference: 'pi1' },
      dueAt: NOW,
      progress: { ...fresh, certain: 1 },
    });
  });

  test('that is under way waits and keeps its reference', () => {
    expect(follow({ kind: 'pending', reference: 'pi1' }, { start: 2, progress: { certain: 1 } })).toEqual({
      kind: 'again',
      payment: { ...payment, reference: 'pi1' },
      dueAt: at(4),
      progress: { ...fresh, certain: 1 },
    });
  });

  test('that the provider has cancelled has failed, and says so', () => {
    expect(follow({ kind: 'closed' })).toMatchObject({
      kind: 'failed',
      payment: { status: 'FAILED', failureCode: 'CANCELLED_AT_PROVIDER' },
    });
  });
});

describe('what happened is certain', () => {
  const next = (result: ChargeResult, start: number, certain: number): boolean => {
    const step = follow(result, { start, progress: { certain } });
    if (step.kind !== 'again') throw new Error(`${result.kind} is not tried again`);
    return isCertain(start + 1, step.progress);
  };

  test('at the first start, and not after a start that left no result', () => {
    expect(isCertain(1, fresh)).toBe(true);
    expect(isCertain(2, fresh)).toBe(false);
  });

  test('after an answer', () => {
    expect(next(busy, 1, 0)).toBe(true);
    expect(next({ kind: 'opened', reference: 'pi1' }, 1, 0)).toBe(true);
  });

  test('no longer after a call without an answer, or one that is under way', () => {
    expect(next({ kind: 'unknown' }, 1, 0)).toBe(false);
    expect(next({ kind: 'pending', reference: 'pi1' }, 1, 0)).toBe(false);
  });

  test('after a provider that was not reached only if it was before', () => {
    expect(next({ kind: 'unavailable' }, 1, 0)).toBe(true);
    expect(next({ kind: 'unavailable' }, 5, 4)).toBe(true);
    expect(next({ kind: 'unavailable' }, 5, 0)).toBe(false);
  });

  test('again once the provider has answered', () => {
    expect(next(busy, 5, 0)).toBe(true);
  });
});

describe('when its time is up', () => {
  const late = { expiresAt: at(0) };

  test('or its order has ended, it is over', () => {
    expect(isOver(payment, fresh, NOW)).toBe(false);
    expect(isOver(payment, fresh, at(899))).toBe(false);
    expect(isOver(payment, fresh, at(900))).toBe(true);
    expect(isOver(refundOnCapture, fresh, NOW)).toBe(true);
  });

  test('an uncharged payment is void, with no failure to tell of', () => {
    expect(follow({ kind: 'closed' }, { progress: late })).toEqual({
      kind: 'void',
      payment: { ...payment, status: 'VOID' },
    });
  });

  test('an uncharged payment whose order has ended has failed, whichever came first', () => {
    for (const progress of [{}, late])
      expect(follow({ kind: 'closed' }, { of: refundOnCapture, progress })).toMatchObject({
        kind: 'failed',
        payment: { failureCode: 'ORDER_ENDED' },
      });
  });

  test('a doubt is cleared all the same, ever more patiently', () => {
    for (const one of [payment, refundOnCapture]) {
      const waits = [1, 4, 8, 9, 1_000].map((start) =>
        follow({ kind: 'unknown' }, { of: one, start, progress: late }),
      );
      expect(waits.map((step) => step.kind === 'again' && step.dueAt)).toEqual(
        [2, 16, 256, 300, 300].map(at),
      );
    }
  });

  test('what was captured after all is captured, and goes back when its order has ended', () => {
    const captured = { kind: 'captured', reference: 'ch1' } as const;
    expect(follow(captured, { progress: late })).toMatchObject({ kind: 'completed', refund: false });
    expect(follow(captured, { of: refundOnCapture, progress: late })).toMatchObject({
      kind: 'completed',
      refund: true,
    });
  });
});

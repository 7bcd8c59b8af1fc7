import { describe, expect, test } from '@jest/globals';
import { decideCharge } from '../provider/simulated-provider.js';
import { CHARGE_RETRY_SECONDS, charged, type Payment, refunded, refundWaitSeconds } from './payment.js';

const NOW = '2026-01-01T12:00:00.000Z';
const payment: Payment = {
  tenantId: 'default',
  orderId: 'o1',
  paymentId: 'pay1',
  status: 'PENDING',
  unwanted: false,
  amount: 360,
  currency: 'EUR',
  provider: 'simulated',
  method: null,
  reference: null,
  refundedAmount: 0,
  failureCode: null,
  failureReason: null,
  sequence: 0,
  createdAt: NOW,
  updatedAt: NOW,
};
const once = { attempt: 1, refusals: 0 };
const silent = { kind: 'unanswered', reason: 'socket hang up' } as const;
const busy = { kind: 'retry', code: 'PROVIDER_UNAVAILABLE', reason: 'No answer' } as const;

describe('a charge', () => {
  test('that is captured completes the payment, with nothing to give back', () => {
    expect(charged(payment, { kind: 'captured', reference: 'ch1' }, once, NOW)).toEqual({
      kind: 'completed',
      payment: { ...payment, status: 'COMPLETED', reference: 'ch1' },
      refund: false,
    });
  });

  test('that is captured after its order ended is given back', () => {
    const late = charged({ ...payment, unwanted: true }, { kind: 'captured', reference: 'ch1' }, once, NOW);
    expect(late).toMatchObject({ kind: 'completed', refund: true });
    expect(refunded({ ...payment, status: 'COMPLETED' }, NOW)).toMatchObject({
      status: 'REFUNDED',
      refundedAmount: 360,
    });
  });

  test('that is declined has failed for good', () => {
    expect(
      charged(payment, { kind: 'declined', code: 'CARD_DECLINED', reason: 'No' }, once, NOW),
    ).toMatchObject({
      kind: 'failed',
      payment: { status: 'FAILED', failureCode: 'CARD_DECLINED', failureReason: 'No' },
    });
  });

  test('that can be tried again is, after 2, 4 and 8 seconds, and then has failed', () => {
    const waits = [1, 2, 3].map((attempt) => charged(payment, busy, { attempt, refusals: attempt - 1 }, NOW));
    expect(waits).toEqual(
      [2, 4, 8].map((afterSeconds, at) => ({ kind: 'again', afterSeconds, refusals: at + 1 })),
    );
    expect(CHARGE_RETRY_SECONDS).toEqual([2, 4, 8]);
    expect(charged(payment, busy, { attempt: 4, refusals: 3 }, NOW)).toMatchObject({
      kind: 'failed',
      payment: { failureCode: 'PROVIDER_UNAVAILABLE' },
    });
  });

  test('that nobody wants any longer is not tried again', () => {
    expect(charged({ ...payment, unwanted: true }, busy, once, NOW)).toMatchObject({ kind: 'failed' });
  });

  test('that is not answered is asked again until it is, wanted or not: it may have been captured', () => {
    const asked = [1, 2, 5, 6, 1_000].map((attempt) =>
      charged(payment, silent, { attempt, refusals: 0 }, NOW),
    );
    expect(asked).toEqual(
      [2, 4, 32, 60, 60].map((afterSeconds) => ({ kind: 'again', afterSeconds, refusals: 0 })),
    );
    expect(charged({ ...payment, unwanted: true }, silent, once, NOW)).toMatchObject({ kind: 'again' });
  });

  test('of which one answer is missing is not given up: "not now" may be about another question', () => {
    const once = { attempt: 5, refusals: 3 };
    expect(charged(payment, busy, once, NOW)).toEqual({ kind: 'again', afterSeconds: 32, refusals: 4 });
    expect(charged({ ...payment, unwanted: true }, busy, once, NOW)).toMatchObject({ kind: 'again' });
    expect(charged(payment, { kind: 'captured', reference: 'ch1' }, once, NOW).kind).toBe('completed');
  });
});

test('a refund waits longer after each failure, up to five minutes', () => {
  expect([1, 2, 3, 8, 9, 1000].map(refundWaitSeconds)).toEqual([2, 4, 8, 256, 300, 300]);
});

describe('the simulated provider', () => {
  const ask = (method: string | undefined, attempt = 1, paymentId = 'pay1', amount = 360) =>
    decideCharge({ paymentId, orderId: 'o1', amount, currency: 'EUR', method, attempt });

  test('does as its methods say', () => {
    expect(ask('sim_approved').kind).toBe('captured');
    expect(ask('sim_declined')).toMatchObject({ kind: 'declined', code: 'CARD_DECLINED' });
    expect(ask('sim_fraud')).toMatchObject({ kind: 'declined', code: 'FRAUD_SUSPECTED' });
    expect([1, 2, 3].map((attempt) => ask('sim_flaky', attempt).kind)).toEqual([
      'retry',
      'retry',
      'captured',
    ]);
    expect(ask('pm_card_visa')).toMatchObject({ kind: 'declined', code: 'UNKNOWN_METHOD' });
    expect(ask(undefined, 1, 'pay1', 1_000_000)).toMatchObject({ code: 'FRAUD_SUSPECTED' });
  });

  test('gives the same payment the same answer, and over many 80 % approved, 15 % to retry, 5 % declined', () => {
    const kinds = Array.from({ length: 10_000 }, (_, at) => ask('sim_random', 1, `pay${at}`).kind);
    expect(Array.from({ length: 10_000 }, (_, at) => ask(undefined, 1, `pay${at}`).kind)).toEqual(kinds);
    const share = (kind: string) => kinds.filter((one) => one === kind).length / kinds.length;
    expect(share('captured')).toBeCloseTo(0.8, 1);
    expect(share('retry')).toBeCloseTo(0.15, 1);
    expect(share('declined')).toBeCloseTo(0.05, 1);
  });
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { aPayment, NOW } from '../testing/a-payment.js';
import type { Payment } from './payment.js';
import { type Refund, refundAnswered, refundWaitSeconds, remaining, request, undo } from './refund.js';

const LATER = '2026-01-01T12:00:01.000Z';
const captured = (more: Partial<Payment> = {}): Payment =>
  aPayment({ status: 'COMPLETED', reference: 'ch_1', ...more });
const asked = (payment: Payment, amount: number, refundId = 'r1') => {
  const step = request(payment, { refundId, amount }, NOW);
  const [refund] = step.begun;
  if (!refund) throw new Error(step.kind);
  return { payment: step.payment, refund };
};
const answered = (payment: Payment, refund: Refund, kind: 'refunded' | 'refused' | 'retry', start = 1) =>
  refundAnswered(
    payment,
    refund,
    kind === 'refunded' ? { kind, reference: 're_1' } : { kind, code: 'NO', reason: 'No' },
    { start, nextId: 'next', now: LATER },
  );

test('a refund waits longer after each failure, up to five minutes', () => {
  expect([1, 2, 3, 8, 9, 1000].map(refundWaitSeconds)).toEqual([2, 4, 8, 256, 300, 300]);
});

describe('a refund that staff ask for', () => {
  test('is on its way, and counts as such', () => {
    const { payment, refund } = asked(captured(), 100);
    expect(payment).toEqual(captured({ refundingAmount: 100 }));
    expect(refund).toMatchObject({ refundId: 'r1', cause: 'request', status: 'PENDING', amount: 100 });
    expect(remaining(payment)).toBe(260);
  });

  test('leaves the payment COMPLETED until all of it went back', () => {
    const part = asked(captured(), 100);
    const first = answered(part.payment, part.refund, 'refunded');
    expect(first).toMatchObject({
      kind: 'refunded',
      payment: { status: 'COMPLETED', refundedAmount: 100, refundingAmount: 0 },
      refunds: [{ status: 'REFUNDED', reference: 're_1' }],
    });
    const rest = asked(first.payment, 260, 'r2');
    expect(answered(rest.payment, rest.refund, 'refunded')).toMatchObject({
      payment: { status: 'REFUNDED', refundedAmount: 360, refundingAmount: 0 },
    });
  });

  test.each([
    [captured({ refundedAmount: 300 }), 'EXCEEDS_REMAINING', '0.60 EUR of 3.60 EUR are left to be refunded'],
    [
      captured({ refundOnCapture: true, refundingAmount: 360 }),
      'ORDER_ENDED',
      '0.00 EUR of 3.60 EUR are left to be refunded',
    ],
    [captured({ status: 'REFUNDED', refundedAmount: 360 }), 'EXCEEDS_REMAINING', /^0.00 EUR of 3.60 EUR/],
    [captured({ status: 'VOID' }), 'EXCEEDS_REMAINING', /^0.00 EUR of 3.60 EUR/],
  ])('finds less than it wants: it fails at once, and is kept', (payment, code, reason) => {
    expect(request(payment, { refundId: 'r1', amount: 100 }, LATER)).toEqual({
      kind: 'failed',
      payment: { ...payment, updatedAt: LATER },
      refunds: [
        expect.objectContaining({ refundId: 'r1', status: 'FAILED', failureCode: code, amount: 100 }),
      ],
      begun: [],
      failed: expect.objectContaining({ refundId: 'r1', status: 'FAILED' }),
      code,
      reason: expect.stringMatching(reason),
      willRetry: false,
    });
  });

  test('is tried again while the provider does not know', () => {
    const { payment, refund } = asked(captured(), 100);
    expect(answered(payment, refund, 'retry', 3)).toEqual({
      kind: 'again',
      payment,
      refunds: [],
      begun: [],
      dueAt: '2026-01-01T12:00:09.000Z',
    });
  });

  test('leaves a provider alone for as long as it asks, but for five minutes at most', () => {
    const { payment, refund } = asked(captured(), 100);
    for (const [waitSeconds, seconds] of [
      [45, 45],
      [1, 8],
      [99_999, 300],
    ] as const) {
      const result = { kind: 'retry', code: 'NO', reason: 'No', waitSeconds } as const;
      expect(refundAnswered(payment, refund, result, { start: 3, nextId: 'next', now: NOW })).toMatchObject({
        kind: 'again',
        dueAt: new Date(Date.parse(NOW) + seconds * 1000).toISOString(),
      });
    }
  });

  test('is given up when the provider refuses, and its amount is free again', () => {
    const { payment, refund } = asked(captured(), 100);
    const failed = { ...refund, status: 'FAILED', refusals: 1, failureCode: 'NO', updatedAt: LATER };
    expect(answered(payment, refund, 'refused')).toEqual({
      kind: 'failed',
      payment: captured({ updatedAt: LATER }),
      refunds: [failed],
      begun: [],
      ...{ failed, willRetry: false },
      code: 'NO',
      reason: 'No',
    });
  });

  test('and is refused after its order was called off is owed all the same', () => {
    const { payment, refund } = asked(captured(), 100);
    const off = undo({ ...payment, refundOnCapture: true }, 'rest', NOW);
    expect(off.begun).toMatchObject([{ refundId: 'rest', cause: 'undo', amount: 260 }]);
    expect(answered(off.payment, refund, 'refused')).toMatchObject({
      kind: 'failed',
      payment: { refundingAmount: 360 },
      refunds: [{ refundId: 'r1', status: 'FAILED' }],
      begun: [{ refundId: 'next', cause: 'undo', amount: 100, status: 'PENDING' }],
    });
  });
});

describe('the undo of a payment', () => {
  test('is what is left, and nothing when nothing is', () => {
    expect(undo(captured({ refundedAmount: 100, refundingAmount: 60 }), 'u1', NOW).begun).toMatchObject([
      { cause: 'undo', amount: 200 },
    ]);
    for (const over of [
      captured({ refundingAmount: 360 }),
      captured({ status: 'REFUNDED', refundedAmount: 360 }),
      captured({ amount: 0 }),
      captured({ status: 'PENDING' }),
    ])
      expect(undo(over, 'u1', NOW)).toEqual({ payment: over, refunds: [], begun: [] });
  });

  test('is never given up: a refusal is counted, and the next try is another call', () => {
    const off = undo(captured({ refundOnCapture: true }), 'u1', NOW);
    const [refund] = off.begun;
    if (!refund) throw new Error('nothing was begun');
    expect(answered(off.payment, refund, 'refused', 2)).toEqual({
      kind: 'again',
      payment: off.payment,
      refunds: [{ ...refund, refusals: 1, failureCode: 'NO', updatedAt: LATER }],
      begun: [],
      dueAt: '2026-01-01T12:00:05.000Z',
    });
  });
});

test('whatever is asked, refused, undone, in any order: all that goes back is never more than was captured', () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('ask' as const),
      amount: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    }),
    fc.record({ kind: fc.constant('off' as const) }),
    fc.record({ kind: fc.constantFrom('refunded' as const, 'refused' as const), which: fc.nat() }),
  );
  const amount = fc.oneof(fc.nat(1_000), fc.maxSafeNat());
  fc.assert(
    fc.property(amount, fc.array(step, { maxLength: 30 }), (capturedAmount, steps) => {
      let payment = captured({ amount: capturedAmount });
      const open: Refund[] = [];
      const back: number[] = [];
      let ids = 0;
      const take = (changed: { payment: Payment; begun: readonly Refund[] }) => {
        payment = changed.payment;
        open.push(...changed.begun);
      };
      const answer = (at: number, kind: 'refunded' | 'refused') => {
        const [refund] = open.splice(at % Math.max(open.length, 1), 1);
        if (!refund) return;
        const result = kind === 'refunded' ? { kind, reference: 're' } : { kind, code: 'NO', reason: 'No' };
        const nextId = `n${ids++}`;
        const answered = refundAnswered(payment, refund, result, { start: 1, nextId, now: NOW });
        take(answered);
        if (answered.kind === 'refunded') back.push(refund.amount);
        if (answered.kind === 'again') open.push(...answered.refunds);
      };
      for (const one of steps) {
        if (one.kind === 'ask') take(request(payment, { refundId: `r${ids++}`, amount: one.amount }, NOW));
        else if (one.kind === 'off') take(undo({ ...payment, refundOnCapture: true }, `u${ids++}`, NOW));
        else answer(one.which, one.kind);
        const { refundedAmount, refundingAmount } = payment;
        expect(Math.min(refundedAmount, refundingAmount)).toBeGreaterThanOrEqual(0);
        expect(capturedAmount - refundedAmount - refundingAmount).toBeGreaterThanOrEqual(0);
        expect(BigInt(refundedAmount)).toBe(back.reduce((sum, n) => sum + BigInt(n), 0n));
        expect(BigInt(refundingAmount)).toBe(open.reduce((sum, refund) => sum + BigInt(refund.amount), 0n));
        if (payment.refundOnCapture) expect(refundedAmount + refundingAmount).toBe(capturedAmount);
      }
      // However often the provider says no: in the end an order that is off has all of its money back.
      if (!payment.refundOnCapture) return;
      while (open.length > 0) answer(0, 'refunded');
      expect(payment.refundedAmount).toBe(capturedAmount);
    }),
  );
});

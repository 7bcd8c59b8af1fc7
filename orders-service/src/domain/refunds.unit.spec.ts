import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { aConfirmedOrder, NOW } from '../testing/builders.js';
import { decide } from './decide.js';
import type { Changed, Decision } from './decision.js';
import type { Order, RefundRequest } from './order.js';
import type { PaymentSays } from './transitions.js';

const confirmed = (more: Partial<Order> = {}) => aConfirmedOrder({ updatedAt: NOW, ...more });
const changed = (decision: Decision): Changed => {
  if (decision.kind !== 'changed') throw new Error(decision.why);
  return decision;
};
const ask = (order: Order, amount?: number, requestId = 'r1') =>
  decide(order, { kind: 'refund-requested', requestId, amount, reason: 'Cold' }, NOW);
const asked = (order: Order, amount?: number) => {
  const decision = ask(order, amount);
  if (decision.kind !== 'changed' || !decision.request) throw new Error(JSON.stringify(decision));
  return { order: decision.order, request: decision.request, facts: decision.facts };
};

describe('a refund that staff ask for', () => {
  test('of a part is noted, payments hears of it, and it leaves the status as it is', () => {
    const { order, request, facts } = asked(confirmed(), 100);
    expect(order).toEqual(confirmed({ refundingAmount: 100 }));
    expect(request).toMatchObject({ requestId: 'r1', amount: 100, reason: 'Cold', status: 'REQUESTED' });
    expect(facts).toEqual([{ kind: 'refund-requested', paymentId: 'pay1', request }]);
  });

  test('without an amount is all that is left: not what went back, and not what is on its way', () => {
    expect(asked(confirmed({ refundedAmount: 100, refundingAmount: 60 })).request.amount).toBe(200);
  });

  test.each([
    [confirmed(), 361, '3.60 EUR of 3.60 EUR are left to be refunded'],
    [
      confirmed({ refundedAmount: 100, refundingAmount: 60 }),
      201,
      '2.00 EUR of 3.60 EUR are left to be refunded',
    ],
    [confirmed({ refundingAmount: 360 }), undefined, '0.00 EUR of 3.60 EUR are left to be refunded'],
    [confirmed({ totalAmount: 0 }), undefined, '0.00 EUR of 0.00 EUR are left to be refunded'],
  ])('of more than is left changes nothing, and says what is left', (order, amount, why) => {
    expect(ask(order, amount)).toEqual({ kind: 'ignored', order, code: 'EXCEEDS_REMAINING', why });
  });

  /** What the payment's event of this number says is still captured. */
  const says = (remaining: number | undefined, sequence = 2) => ({ payment: { remaining, sequence } });
  const back = (order: Order, request: RefundRequest | undefined, says: { payment: PaymentSays }) =>
    changed(decide(order, { kind: 'refunded', amount: 100, request, ...says }, NOW));
  const failed = (order: Order, request: RefundRequest | undefined, says: { payment: PaymentSays }) =>
    changed(decide(order, { kind: 'refund-failed', code: 'CHARGE_DISPUTED', request, ...says }, NOW));

  test('that went back counts as refunded, and one that failed may be asked for again', () => {
    const { order, request } = asked(confirmed(), 100);
    expect(back(order, request, says(260))).toEqual({
      kind: 'changed',
      order: confirmed({ refundedAmount: 100, paymentSequence: 2 }),
      facts: [],
      request: { ...request, status: 'REFUNDED' },
    });
    expect(failed(order, request, says(360))).toEqual({
      kind: 'changed',
      order: confirmed({ paymentSequence: 2 }),
      facts: [],
      request: { ...request, status: 'FAILED', failureCode: 'CHARGE_DISPUTED' },
    });
  });

  test('that failed before what is left was told changes only its request', () => {
    const { order, request } = asked(confirmed({ refundedAmount: 50 }), 100);
    expect(failed(order, request, says(undefined)).order).toEqual(confirmed({ refundedAmount: 50 }));
  });

  test('that fails days after it went back does not count any longer, whichever is heard of first', () => {
    const { order, request } = asked(confirmed(), 100);
    const done = back(order, request, says(260, 2));
    const inOrder = failed(done.order, done.request, says(360, 3));
    const early = failed(order, request, says(360, 3));
    const inReverse = back(early.order, early.request, says(260, 2));
    for (const end of [inOrder, inReverse])
      expect(end.order).toEqual(confirmed({ refundedAmount: 0, refundingAmount: 0, paymentSequence: 3 }));
    expect([inOrder.request, early.request]).toEqual(
      Array(2).fill({ ...request, status: 'FAILED', failureCode: 'CHARGE_DISPUTED' }),
    );
    expect(inReverse.request).toBeUndefined(); // as it was: failed
  });

  test('at the provider, or a dispute that was lost, counts once however often and late it is told', () => {
    const lost = {
      kind: 'disputed',
      status: 'lost',
      amount: 60,
      currency: 'EUR',
      code: 'FRAUDULENT',
    } as const;
    const first = back(confirmed(), undefined, says(260, 2)).order;
    const both = changed(decide(first, { ...lost, ...says(200, 3) }, NOW)).order;
    expect(both).toEqual(confirmed({ refundedAmount: 160, paymentSequence: 3 }));
    expect(back(both, undefined, says(260, 2)).order).toEqual(both);
    expect(changed(decide(both, { ...lost, ...says(200, 3) }, NOW)).order).toEqual(both);
  });

  test('is for nothing while a request waits that is for more than somebody has left at the provider', () => {
    const { order } = asked(confirmed(), 300);
    const less = back(order, undefined, says(100, 2)).order;
    expect(ask(less, 1)).toMatchObject({
      kind: 'ignored',
      why: '0.00 EUR of 3.60 EUR are left to be refunded',
    });
  });

  test('whatever is asked and answered, in any order: never more than was paid, and never an inexact number', () => {
    const total = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
    const amount = fc.option(
      fc.oneof(
        fc.integer({ min: 1, max: 1_000 }),
        fc.maxSafeNat().filter((n) => n > 0),
      ),
      {
        nil: undefined,
      },
    );
    const step = fc.oneof(
      fc.record({ kind: fc.constant('ask' as const), amount }),
      fc.record({ kind: fc.constantFrom('back' as const, 'fail' as const), which: fc.nat() }),
    );
    fc.assert(
      fc.property(total, fc.array(step, { maxLength: 30 }), (totalAmount, steps) => {
        let order = confirmed({ totalAmount });
        const open: RefundRequest[] = [];
        const went: number[] = [];
        for (const [at, one] of steps.entries()) {
          if (one.kind === 'ask') {
            const left = order.totalAmount - order.refundedAmount - order.refundingAmount;
            const decision = ask(order, one.amount, `r${at}`);
            expect(decision.kind).toBe((one.amount ?? left) <= left && left > 0 ? 'changed' : 'ignored');
            if (decision.kind !== 'changed') continue;
            order = decision.order;
            if (decision.request) open.push(decision.request);
          } else {
            const [request] = open.splice(one.which % Math.max(open.length, 1), 1);
            if (!request) continue;
            const { amount } = request;
            const decision =
              one.kind === 'back'
                ? back(order, request, says(order.totalAmount - order.refundedAmount - amount, at + 1))
                : failed(order, request, says(order.totalAmount - order.refundedAmount, at + 1));
            order = decision.order;
            if (one.kind === 'back') went.push(amount);
          }
          const { refundedAmount, refundingAmount } = order;
          expect(Math.min(refundedAmount, refundingAmount)).toBeGreaterThanOrEqual(0);
          expect(totalAmount - refundedAmount - refundingAmount).toBeGreaterThanOrEqual(0);
          expect(Number.isSafeInteger(refundedAmount + refundingAmount)).toBe(true);
          expect(BigInt(refundedAmount)).toBe(went.reduce((sum, amount) => sum + BigInt(amount), 0n));
          expect(BigInt(refundingAmount)).toBe(open.reduce((sum, { amount }) => sum + BigInt(amount), 0n));
        }
      }),
    );
  });
});

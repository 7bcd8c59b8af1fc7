import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { aConfirmedOrder, NOW } from '../testing/builders.js';
import { decide } from './decide.js';
import type { Order, RefundRequest } from './order.js';

const confirmed = (more: Partial<Order> = {}) => aConfirmedOrder({ updatedAt: NOW, ...more });
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

  test('that went back counts as refunded, and one that failed may be asked for again', () => {
    const { order, request } = asked(confirmed(), 100);
    expect(decide(order, { kind: 'refunded', amount: 100, request }, NOW)).toEqual({
      kind: 'changed',
      order: confirmed({ refundedAmount: 100 }),
      facts: [],
      request: { ...request, status: 'REFUNDED' },
    });
    expect(decide(order, { kind: 'refund-failed', code: 'CHARGE_DISPUTED', request }, NOW)).toEqual({
      kind: 'changed',
      order: confirmed(),
      facts: [],
      request: { ...request, status: 'FAILED', failureCode: 'CHARGE_DISPUTED' },
    });
  });

  test('that failed before its request is known here waits for it', () => {
    expect(decide(confirmed(), { kind: 'refund-failed', code: 'X', request: undefined }, NOW)).toEqual({
      kind: 'too-early',
      why: 'the refund request is not known here yet',
    });
  });

  test.each(['REFUNDED', 'FAILED'] as const)('that is %s ends once', (status) => {
    const { order, request } = asked(confirmed(), 100);
    const over: RefundRequest = { ...request, status };
    const ignored = { kind: 'ignored', order, code: 'WRONG_STATUS', why: `the request is ${status}` };
    expect(decide(order, { kind: 'refunded', amount: 100, request: over }, NOW)).toEqual(ignored);
    expect(decide(order, { kind: 'refund-failed', code: 'X', request: over }, NOW)).toEqual(ignored);
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
        const back: number[] = [];
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
                ? decide(order, { kind: 'refunded', amount, request }, NOW)
                : decide(order, { kind: 'refund-failed', code: 'X', request }, NOW);
            if (decision.kind !== 'changed') throw new Error(decision.why);
            order = decision.order;
            if (one.kind === 'back') back.push(amount);
          }
          const { refundedAmount, refundingAmount } = order;
          expect(Math.min(refundedAmount, refundingAmount)).toBeGreaterThanOrEqual(0);
          expect(totalAmount - refundedAmount - refundingAmount).toBeGreaterThanOrEqual(0);
          expect(Number.isSafeInteger(refundedAmount + refundingAmount)).toBe(true);
          expect(BigInt(refundedAmount)).toBe(back.reduce((sum, amount) => sum + BigInt(amount), 0n));
          expect(BigInt(refundingAmount)).toBe(open.reduce((sum, { amount }) => sum + BigInt(amount), 0n));
        }
      }),
    );
  });
});

import { newId } from '@comanda/contracts';
import { type Effect, ENTROPY } from '@comanda/messaging';
import { describe, expect, test } from '@jest/globals';
import type { ChargeResult } from '../domain/charge.js';
import { SimulatedProvider } from '../provider/simulated-provider.js';
import { aPayment, NOW } from '../testing/a-payment.js';
import { ask } from './ask.js';

const payment = aPayment({ orderId: newId(), paymentId: newId() });
// Only what follows from an answer is looked at here; nothing is read.
const work = ask(new SimulatedProvider({ minMs: 0, maxMs: 0 }), undefined as never);
const follows = (found: ChargeResult | undefined, of = payment): readonly Effect[] =>
  work.decide({ attempt: 1 } as never, found as never, { payment: of } as never, {
    now: NOW,
    ...ENTROPY,
  });
const effectNames = (effects: readonly Effect[]) =>
  effects.flatMap((effect) => (effect.kind === 'emit' ? [effect.event.type] : [effect.kind]));

describe('a payment that is asked for because the provider called', () => {
  const captured: ChargeResult = { kind: 'captured', reference: 'pi_1' };
  const declined: ChargeResult = { kind: 'declined', code: 'CARD_DECLINED', reason: 'No' };

  test('is settled by what the provider says', () => {
    expect(effectNames(follows(captured))).toEqual(['put', 'payment.completed']);
    expect(effectNames(follows(declined))).toEqual(['put', 'payment.failed']);
  });

  test('is refunded when its order has ended meanwhile', () => {
    expect(effectNames(follows(captured, { ...payment, refundOnCapture: true }))).toEqual([
      'put',
      'put',
      'schedule',
      'payment.completed',
    ]);
  });

  test('is left to its charge when there is no news', () => {
    expect(follows(undefined)).toEqual([]);
  });

  test('is settled once: a second answer is an echo', () => {
    expect(follows(captured, { ...payment, status: 'COMPLETED' })).toEqual([]);
    expect(follows(declined, { ...payment, status: 'VOID' })).toEqual([]);
  });
});

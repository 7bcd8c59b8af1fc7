import { newId } from '@comanda/contracts';
import { ENTROPY } from '@comanda/messaging';
import { describe, expect, test } from '@jest/globals';
import type { Payment } from '../domain/payment.js';
import { aPayment, NOW } from '../testing/a-payment.js';
import { askWhenProviderCalled } from './ask-when-provider-called.js';

const [orderId, paymentId] = [newId(), newId()];
const payment = aPayment({ orderId, paymentId, provider: 'stripe', method: 'pm_1', reference: 'pi_1' });

describe('a call of the provider', () => {
  /** What it sets off, besides its answer. */
  const follows = (found: Payment | undefined, said: object = {}) => {
    const data = {
      provider: 'stripe',
      orderId,
      paymentId,
      callId: 'evt_1',
      type: 'payment_intent.succeeded',
      about: 'charge',
      ...said,
    };
    const message = { tenantid: 'default', data } as never;
    const effects = askWhenProviderCalled.decide(message, { found: [found] } as never, {
      now: NOW,
      ...ENTROPY,
    });
    expect(effects.filter(({ kind }) => kind === 'respond')).toHaveLength(1);
    return effects.filter(({ kind }) => kind !== 'respond');
  };

  test('about a payment that is not settled makes us ask, once under the payment’s id however often it comes', () => {
    const asks = { kind: 'schedule', work: 'ask', id: paymentId, dueAt: NOW, payload: { orderId } };
    expect(follows(payment)).toEqual([expect.objectContaining(asks)]);
  });

  test.each(['COMPLETED', 'FAILED', 'REFUNDED', 'VOID'] as const)(
    'about one that is %s changes nothing',
    (status) => {
      expect(follows({ ...payment, status })).toEqual([]);
    },
  );

  test('about one that we don’t know, or that goes by another id or provider, changes nothing', () => {
    expect(follows(undefined)).toEqual([]);
    expect(follows(payment, { paymentId: newId() })).toEqual([]);
    expect(follows(payment, { provider: 'simulated' })).toEqual([]);
  });

  test('about money that went back makes us compare the books a little later, whether it names an order or not', () => {
    const later = '2026-01-01T12:00:01.000Z';
    const work = (id: string, payload: object) => [
      expect.objectContaining({
        kind: 'schedule',
        work: 'reconcile',
        id: `default:${id}`,
        dueAt: later,
        payload,
      }),
    ];
    const about = { about: 'money-back', orderId: undefined, paymentId: undefined };
    const known = { provider: 'stripe', reference: 'pi_1' };
    expect(follows(undefined, { ...about, reference: 'pi_1' })).toEqual(work('pi_1', known));
    expect(follows(payment, { about: 'money-back', reference: 'pi_1' })).toEqual(work('pi_1', known));
    const charge = { provider: 'stripe', charge: 'ch_1' };
    expect(follows(undefined, { ...about, charge: 'ch_1' })).toEqual(work('ch_1', charge));
    expect(follows(undefined, about)).toEqual([]);
  });
});

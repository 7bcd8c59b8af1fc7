import { NO_TENANT, newId } from '@comanda/contracts';
import { ENTROPY } from '@comanda/messaging';
import { describe, expect, test } from '@jest/globals';
import type { MoneyBack } from '../domain/money-back.js';
import { SimulatedProvider } from '../provider/simulated-provider.js';
import { aPayment, NOW } from '../testing/a-payment.js';
import { reconcile } from './reconcile.js';

const payment = aPayment({
  orderId: newId(),
  paymentId: newId(),
  tenantId: 'anna',
  status: 'COMPLETED',
  reference: 'pi_1',
});

/** Somebody refunded 100 in the dashboard; counts how often it is asked for what went back. */
class Provider extends SimulatedProvider {
  asked = 0;

  override async moneyBack(): Promise<MoneyBack> {
    this.asked++;
    const own = {
      refundId: undefined,
      status: 'refunded',
      amount: 100,
      code: 'NONE',
      reason: 'none',
    } as const;
    return { kind: 'known', refunds: [{ reference: 're_1', ...own }], disputes: [] };
  }

  override async paymentOf(): ReturnType<SimulatedProvider['paymentOf']> {
    return { kind: 'known', reference: 'pi_1' };
  }
}

/** What follows from a job, in the tenant whose it turned out to be. */
async function follows(id: string, tenantId: string, name: object) {
  const provider = new Provider({ minMs: 0, maxMs: 0 });
  const work = reconcile(provider, async (_, reference) => (reference === 'pi_1' ? payment : undefined));
  const cause = { id: 'c', tenantid: tenantId, correlationid: 'c' };
  const job = { id, tenantId, attempt: 1, payload: { provider: 'simulated', ...name }, cause } as never;
  const result = (await work.run(job)) as never;
  const context = { now: NOW, ...ENTROPY };
  const rows = { payment: work.needs(job, result).payment && payment, made: [] } as never;
  const effects = work.decide(job, result, rows, context);
  return { asked: provider.asked, of: work.tenantOf?.(job, result), effects };
}

describe('the comparison of a payment with the provider’s books', () => {
  test('is done by the one job that has the name of its tenant and its own', async () => {
    const { asked, of, effects } = await follows('anna:pi_1', 'anna', { reference: 'pi_1' });
    expect([asked, of]).toEqual([1, 'anna']);
    expect(effects).toEqual([
      expect.objectContaining({ kind: 'put', row: expect.objectContaining({ refundedAmount: 100 }) }),
      expect.objectContaining({ kind: 'put', row: expect.objectContaining({ cause: 'provider' }) }),
      expect.objectContaining({ kind: 'emit' }),
    ]);
  });

  test.each([
    ['no tenant', `${NO_TENANT}:pi_1`, NO_TENANT, { reference: 'pi_1' }],
    ['what was captured', 'anna:ch_1', 'anna', { charge: 'ch_1' }],
    ['another tenant', 'ben:pi_1', 'ben', { reference: 'pi_1' }],
  ])('becomes that job’s when a call names %s', async (_, id, tenantId, name) => {
    const { asked, of, effects } = await follows(id, tenantId, name);
    expect([asked, of]).toEqual([0, 'anna']);
    const payload = { provider: 'simulated', reference: 'pi_1' };
    expect(effects).toEqual([
      { kind: 'schedule', work: 'reconcile', id: 'anna:pi_1', dueAt: NOW, payload, key: '' },
    ]);
  });

  test('of a payment that nobody here knows changes nothing', async () => {
    const { asked, effects } = await follows('anna:pi_2', 'anna', { reference: 'pi_2' });
    expect([asked, effects]).toEqual([0, []]);
  });
});

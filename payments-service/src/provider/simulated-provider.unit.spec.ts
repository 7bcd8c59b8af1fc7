import { describe, expect, test } from '@jest/globals';
import type { Charge } from './provider.js';
import { decideCharge, SimulatedProvider } from './simulated-provider.js';

const charge: Charge = {
  paymentId: 'pay1',
  tenantId: 'default',
  orderId: 'o1',
  amount: 360,
  currency: 'EUR',
  method: undefined,
  reference: null,
  attempt: 1,
};
const ask = (method: string | undefined, attempt = 1, paymentId = 'pay1', amount = 360) =>
  decideCharge({ ...charge, paymentId, amount, method, attempt });

describe('the simulated provider', () => {
  test('does as its methods say', () => {
    expect(ask('sim_approved').kind).toBe('captured');
    expect(ask('sim_declined')).toMatchObject({ kind: 'declined', code: 'CARD_DECLINED' });
    expect(ask('sim_fraud')).toMatchObject({ kind: 'declined', code: 'FRAUD_SUSPECTED' });
    const flaky = [1, 2, 3].map((attempt) => ask('sim_flaky', attempt).kind);
    expect(flaky).toEqual(['retry', 'retry', 'captured']);
    expect(ask('pm_card_visa')).toMatchObject({ kind: 'declined', code: 'UNKNOWN_METHOD' });
  });

  test('suspects fraud from 10,000.00 on, unless it is told to approve', () => {
    const below = ask(undefined, 1, 'pay1', 999_999);
    expect(below).not.toMatchObject({ code: 'FRAUD_SUSPECTED' });
    expect(ask(undefined, 1, 'pay1', 1_000_000)).toMatchObject({ kind: 'declined', code: 'FRAUD_SUSPECTED' });
    expect(ask('sim_approved', 1, 'pay1', 1_000_000).kind).toBe('captured');
  });

  test('gives the same payment the same answer, and over many 80 % approved, 15 % to retry, 5 % declined', () => {
    const kinds = Array.from({ length: 10_000 }, (_, at) => ask('sim_random', 1, `pay${at}`).kind);
    expect(Array.from({ length: 10_000 }, (_, at) => ask(undefined, 1, `pay${at}`).kind)).toEqual(kinds);
    const count = (kind: string) => kinds.filter((one) => one === kind).length;
    expect(Math.abs(count('captured') - 8_000)).toBeLessThan(200);
    expect(Math.abs(count('retry') - 1_500)).toBeLessThan(200);
    expect(Math.abs(count('declined') - 500)).toBeLessThan(200);
  });

  test('says what became of a payment when it is asked, and finds nothing that was not charged', async () => {
    const provider = new SimulatedProvider({ minMs: 0, maxMs: 0 });
    const approved = { ...charge, method: 'sim_approved' };
    const declined = { ...charge, paymentId: 'pay2', method: 'sim_declined' };
    expect(await provider.find(approved)).toEqual({ kind: 'none' });
    expect(await provider.charge(approved)).toEqual({ kind: 'captured', reference: 'sim_ch_pay1' });
    await provider.charge(declined);
    expect(await provider.find(approved)).toEqual({ kind: 'captured', reference: 'sim_ch_pay1' });
    expect(await provider.find(declined)).toEqual({ kind: 'none' });
  });

  test('cancels what was not captured, and tells when it was', async () => {
    const provider = new SimulatedProvider({ minMs: 0, maxMs: 0 });
    const approved = { ...charge, method: 'sim_approved' };
    expect(await provider.cancel(approved)).toEqual({ kind: 'closed' });
    await provider.charge(approved);
    expect(await provider.cancel(approved)).toEqual({ kind: 'captured', reference: 'sim_ch_pay1' });
  });
});

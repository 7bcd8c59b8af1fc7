import { newId } from '@comanda/contracts';
import { until } from '@comanda/kit';
import { StripeStub } from '@comanda/stand-ins';
import { HttpServer } from '@comanda/test-kit';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { register } from 'prom-client';
import { aCharge } from '../testing/a-payment.js';
import { GuardedProvider } from './guarded-provider.js';
import type { Charge } from './provider.js';
import { StripeProvider } from './stripe/stripe-provider.js';

const FAILURES = 3;
const PATIENCE_MS = 30_000;

describe('the circuit breaker around the payment provider', () => {
  let stripe: StripeStub;
  let log: Record<string, unknown>[];

  beforeEach(async () => {
    stripe = await StripeStub.start();
    log = [];
    register.resetMetrics();
  });
  afterEach(() => stripe.stop());

  const guard = (
    openMs: number,
    { timeoutMs = 20_000, apiBase = stripe.url }: { timeoutMs?: number; apiBase?: string } = {},
  ): GuardedProvider => {
    const logger = pino({ level: 'info' }, { write: (line) => void log.push(JSON.parse(line)) });
    const { apiKey } = stripe;
    const adapter = new StripeProvider({ apiKey, apiBase, timeoutMs: 20_000, logger });
    return new GuardedProvider(adapter, logger, { timeoutMs, failures: FAILURES, openMs });
  };
  const opened = async (provider: GuardedProvider, method = 'pm_card_visa'): Promise<Charge> => {
    const charge = aCharge({ method });
    const result = await provider.charge(charge);
    if (result.kind !== 'opened') throw new Error(JSON.stringify(result));
    return { ...charge, reference: result.reference };
  };
  const breakIt = async (provider: GuardedProvider, times = FAILURES) => {
    stripe.break('open', 'lose', Number.POSITIVE_INFINITY);
    for (let time = 0; time < times; time += 1)
      expect(await provider.charge(aCharge())).toEqual({ kind: 'unknown' });
  };
  const state = async () => {
    const metric = await register.getSingleMetric('comanda_circuit_state')?.get();
    return metric?.values.find(({ labels }) => labels.circuit === 'payments:stripe')?.value;
  };
  const transitions = async () => {
    const metric = await register.getSingleMetric('comanda_circuit_transitions_total')?.get();
    return Object.fromEntries(metric?.values.map(({ labels, value }) => [labels.to, value]) ?? []);
  };
  const circuitStates = () =>
    log.filter(({ circuit }) => circuit === 'payments:stripe').map(({ state: to }) => to);

  test('opens after failures in a row: the provider is left alone, and it shows', async () => {
    const provider = guard(600_000);
    expect(await state()).toBe(0);
    await breakIt(provider);
    expect(await state()).toBe(2);
    const before = stripe.requests.length;
    stripe.mend();
    const charge = { ...aCharge(), reference: 'pi_any' };
    const refund = { ...charge, refundId: newId(), reference: 'pi_any' };
    expect(await provider.charge(charge)).toEqual({ kind: 'unavailable' });
    expect(await provider.find(charge)).toEqual({ kind: 'unavailable' });
    expect(await provider.cancel(charge)).toEqual({ kind: 'unavailable' });
    expect(await provider.refund(refund)).toMatchObject({ kind: 'retry' });
    expect(stripe.requests).toHaveLength(before);
    expect(await transitions()).toEqual({ open: 1 });
    expect(circuitStates()).toEqual(['open']);
  });

  test('stays closed when failures are not in a row', async () => {
    const provider = guard(600_000);
    for (let time = 0; time < 3; time += 1) {
      await breakIt(provider, FAILURES - 1);
      stripe.mend();
      await opened(provider);
    }
    expect(await state()).toBe(0);
    expect(await transitions()).toEqual({});
  });

  test('stays closed when cards are declined or methods unknown: that is an answer', async () => {
    const provider = guard(600_000);
    for (let time = 0; time < 2 * FAILURES; time += 1) {
      const charge = await opened(provider, 'pm_card_chargeDeclined');
      expect(await provider.charge(charge)).toMatchObject({ kind: 'declined' });
      expect(await provider.charge(aCharge({ method: 'pm_nobody_knows' }))).toMatchObject({
        kind: 'declined',
      });
    }
    expect(await state()).toBe(0);
  });

  test('counts a provider that hangs, and says that nobody knows what it did', async () => {
    const provider = guard(600_000, { timeoutMs: 500 });
    const charges: Charge[] = [];
    for (let time = 0; time < FAILURES; time += 1) charges.push(await opened(guard(600_000)));
    stripe.break('confirm', 'hang', FAILURES);
    for (const charge of charges) expect(await provider.charge(charge)).toEqual({ kind: 'unknown' });
    expect(await provider.find(charges[0] as Charge)).toEqual({ kind: 'unavailable' });
    expect(charges.map(({ orderId }) => stripe.capturesOf(orderId).length)).toEqual([1, 1, 1]);
  });

  test('half-opens after its pause for one call alone, and closes when that is answered', async () => {
    const provider = guard(200);
    await breakIt(provider);
    stripe.mend();
    // The call that tests it is held until the others have been turned away.
    stripe.break('open', 'hang');
    const before = stripe.requests.length;
    const probes: Promise<unknown>[] = [];
    await until(
      'one call goes through',
      async () => {
        probes.push(provider.charge(aCharge()));
        return stripe.requests.length > before;
      },
      { timeoutMs: PATIENCE_MS },
    );
    expect(await state()).toBe(1);
    const others = await Promise.all([1, 2, 3].map(() => provider.charge(aCharge())));
    expect(others).toEqual([1, 2, 3].map(() => ({ kind: 'unavailable' })));
    expect(stripe.requests).toHaveLength(before + 1);
    // They did not wait for its outcome.
    expect(await state()).toBe(1);
    // It hangs until its time is up: open again; and then it is answered.
    await Promise.all(probes);
    expect(await state()).toBe(2);
    await until('the circuit closes', async () => (await provider.charge(aCharge())).kind === 'opened', {
      timeoutMs: PATIENCE_MS,
    });
    expect(await state()).toBe(0);
    expect(await transitions()).toEqual({ open: 2, 'half-open': 2, closed: 1 });
    expect(circuitStates()).toEqual(['open', 'half-open', 'open', 'half-open', 'closed']);
  });

  test('tells the log which payment had no answer, and no key', async () => {
    const provider = guard(600_000);
    const charge = await opened(provider);
    stripe.break('confirm', 'drop');
    expect(await provider.charge(charge)).toEqual({ kind: 'unknown' });
    expect(log).toEqual([
      expect.objectContaining({
        level: 40,
        paymentId: charge.paymentId,
        provider: 'stripe',
        call: 'charge',
        msg: 'the payment provider did not answer',
      }),
    ]);
    expect(JSON.stringify(log)).not.toContain(stripe.apiKey);
  });

  test('passes on for how long a provider wants to be left alone, and nothing that it does not understand', async () => {
    let wish = '';
    const busy = await HttpServer.start((_request, response) => {
      response.writeHead(429, { 'retry-after': wish, 'content-type': 'application/json' });
      response.end('{"error":{"type":"invalid_request_error","code":"rate_limit","message":"later"}}');
    });
    const provider = guard(600_000, { apiBase: busy.url });
    const refund = { ...aCharge(), refundId: newId(), reference: 'pi_any' };
    wish = '0045';
    expect(await provider.charge(aCharge())).toEqual({ kind: 'unavailable', waitSeconds: 45 });
    wish = 'soon';
    expect(await provider.charge(aCharge())).toEqual({ kind: 'unavailable' });
    wish = 'Friday, 31-Dec-49 23:59:59 GMT';
    expect(await provider.refund(refund)).toMatchObject({ kind: 'retry', waitSeconds: expect.any(Number) });
    await busy.stop();
  });
});

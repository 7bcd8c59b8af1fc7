import { newId } from '@comanda/contracts';
import { StripeStub } from '@comanda/stand-ins';
import { EVERY_TENANT } from '@comanda/storage';
import { RecordingLogger } from '@comanda/test-kit';
import { useDatabase } from '@comanda/test-kit/hooks';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Payment } from '../domain/payment.js';
import { StripeProvider } from '../provider/stripe/stripe-provider.js';
import { migrations } from '../storage/migrations.js';
import { payments } from '../storage/tables.js';
import { aPayment } from '../testing/a-payment.js';
import { charge } from './charge.js';

const NOW = new Date('2026-01-01T12:00:00.000Z');
const SOON = '2026-01-01T12:15:00.000Z';
const PAST = '2026-01-01T12:00:00.000Z';

/** Why nothing is to be charged any more. */
const TOO_LATE = [
  ['time is up', {}, { expiresAt: PAST }],
  ['order has ended', { refundOnCapture: true }, {}],
] as const;

describe('a start of a charge', () => {
  const database = useDatabase(migrations);
  let stripe: StripeStub;
  let provider: StripeProvider;

  beforeEach(async () => {
    stripe = await StripeStub.start();
    provider = new StripeProvider({
      apiKey: stripe.apiKey,
      apiBase: stripe.url,
      timeoutMs: 20_000,
      logger: new RecordingLogger(),
    });
  });
  afterEach(() => stripe.stop());

  /** A payment as the database has it. */
  const kept = async (more: Partial<Payment> = {}): Promise<Payment> => {
    const ids = { orderId: newId(), paymentId: newId() };
    const payment = aPayment({ ...ids, provider: 'stripe', method: 'pm_card_visa', ...more });
    await database.transaction(
      (transaction) => transaction.insertRows(payments, [payments.encode(payment)]),
      EVERY_TENANT,
    );
    return payment;
  };
  /** One whose intent is open at Stripe. */
  const opened = async (more: Partial<Payment> = {}): Promise<Payment> => {
    const { tenantId, paymentId, orderId, amount, currency, method } = await kept();
    const result = await provider.charge({
      ...{ tenantId, paymentId, orderId, amount, currency, attempt: 1, reference: null },
      method: method ?? undefined,
    });
    if (result.kind !== 'opened') throw new Error(`not opened: ${result.kind}`);
    stripe.requests.length = 0;
    return kept({ orderId: newId(), paymentId: newId(), reference: result.reference, ...more });
  };
  const start = async (
    { tenantId, orderId, paymentId }: Payment,
    attempt: number,
    progress: { certain?: number; refusals?: number; expiresAt?: string } = {},
  ) => {
    const payload = { orderId, certain: 0, refusals: 0, expiresAt: SOON, ...progress };
    const cause = { id: newId(), tenantid: tenantId, correlationid: newId() };
    const job = { id: paymentId, tenantId, key: orderId, attempt, cause };
    const result = await charge(provider, database, () => NOW).run({ ...job, payload: payload as never });
    return { result, calls: stripe.requests.map(({ call }) => call) };
  };

  test('asks nobody first when it is the first', async () => {
    expect(await start(await kept(), 1)).toMatchObject({ result: { kind: 'opened' }, calls: ['open'] });
  });

  test('charges without a question when the last one’s outcome is certain', async () => {
    const payment = await opened();
    expect(await start(payment, 2, { certain: 1 })).toMatchObject({
      result: { kind: 'captured' },
      calls: ['confirm'],
    });
  });

  test('asks before it charges when an earlier one left no result', async () => {
    const payment = await opened();
    expect(await start(payment, 3, { certain: 1 })).toMatchObject({
      result: { kind: 'captured' },
      calls: ['retrieve', 'confirm'],
    });
  });

  test('does not charge what is found to be captured', async () => {
    const payment = await opened();
    await start(payment, 2, { certain: 1 });
    stripe.requests.length = 0;
    expect(await start(payment, 3, { certain: 1 })).toMatchObject({
      result: { kind: 'captured', reference: payment.reference },
      calls: ['retrieve'],
    });
  });

  test('makes the call in doubt once more when it finds a "not now", which may be older', async () => {
    const payment = await opened({ method: 'pm_card_chargeDeclinedProcessingError' });
    expect(await start(payment, 2, { certain: 1 })).toMatchObject({ result: { kind: 'retry' } });
    // The third start called for the second time, and may still be on its way.
    stripe.requests.length = 0;
    const again = await kept({ ...payment, orderId: newId(), paymentId: newId(), method: 'pm_card_visa' });
    expect(await start(again, 4, { certain: 2, refusals: 1 })).toMatchObject({
      result: { kind: 'captured', reference: payment.reference },
      calls: ['retrieve', 'confirm'],
    });
  });

  test('does not charge when it can’t ask', async () => {
    const payment = await opened();
    stripe.break('retrieve', 'lose');
    await expect(start(payment, 3, { certain: 1 })).rejects.toThrow();
    expect(stripe.requests.map(({ call }) => call)).toEqual(['retrieve']);
  });

  test.each(TOO_LATE)(
    'whose %s calls nobody when it is certain that nothing was opened',
    async (_, more, progress) => {
      const payment = await kept(more);
      expect(await start(payment, 2, { certain: 1, ...progress })).toEqual({
        result: { kind: 'closed' },
        calls: [],
      });
    },
  );

  test('that was overtaken charges nothing once the door is shut, although every answer was known', async () => {
    const payment = await opened();
    // The second start opened it. The first one, which was to open it too, slept, and finds its reference now.
    expect(await start({ ...payment }, 3, { certain: 2, expiresAt: PAST })).toEqual({
      result: { kind: 'closed' },
      calls: ['cancel'],
    });
    expect(await start(payment, 1)).toEqual({
      result: { kind: 'closed' },
      calls: ['cancel', 'confirm', 'retrieve'],
    });
  });

  test.each(TOO_LATE)('whose %s shuts the door when it is not certain', async (_, more, progress) => {
    const payment = await opened(more);
    expect(await start(payment, 3, { certain: 1, ...progress })).toEqual({
      result: { kind: 'closed' },
      calls: ['cancel'],
    });
    expect(await start({ ...payment }, 4, { certain: 3 })).toMatchObject({ result: { kind: 'closed' } });
  });

  test.each(['COMPLETED', 'FAILED', 'REFUNDED', 'VOID'] as const)(
    'of a payment that is %s calls nobody',
    async (status) => {
      expect((await start(await opened({ status }), 1)).calls).toEqual([]);
    },
  );

  test('of nothing to pay captures nothing and calls nobody', async () => {
    expect(await start(await kept({ amount: 0 }), 1)).toMatchObject({
      result: { kind: 'captured' },
      calls: [],
    });
  });
});

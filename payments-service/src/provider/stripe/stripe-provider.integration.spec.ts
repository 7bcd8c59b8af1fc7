import { newId } from '@comanda/contracts';
import { StripeStub } from '@comanda/stand-ins';
import { RecordingLogger } from '@comanda/test-kit';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { aCharge } from '../../testing/a-payment.js';
import { type Charge, NotDone } from '../provider.js';
import { StripeProvider } from './stripe-provider.js';

/** Long enough for a loaded machine; only what hangs takes that long. */
const TIMEOUT_MS = 3_000;

describe('the Stripe adapter', () => {
  let stripe: StripeStub;
  let provider: StripeProvider;
  let logger: RecordingLogger;

  beforeEach(async () => {
    stripe = await StripeStub.start();
    logger = new RecordingLogger();
    provider = new StripeProvider({
      apiKey: stripe.apiKey,
      apiBase: stripe.url,
      timeoutMs: TIMEOUT_MS,
      logger,
    });
  });
  afterEach(() => stripe.stop());

  const wanted = (method?: string, more: Partial<Charge> = {}): Charge => aCharge({ method, ...more });
  /** The payment as it is once its reference was kept. */
  const opened = async (method: string, more: Partial<Charge> = {}): Promise<Charge> => {
    const charge = wanted(method, more);
    const result = await provider.charge(charge);
    if (result.kind !== 'opened') throw new Error(`the payment was not opened: ${JSON.stringify(result)}`);
    return { ...charge, reference: result.reference };
  };
  const money = ({ orderId }: Charge) => ({
    intents: stripe.intentsOf(orderId).length,
    captured: stripe.capturesOf(orderId).map(({ amount, currency }) => `${amount} ${currency}`),
    refunded: stripe.refundsOf(orderId).map(({ amount }) => amount),
  });

  describe('charges', () => {
    test('in two calls: the first moves no money, the second all of it, once', async () => {
      const charge = await opened('pm_card_visa');
      expect(money(charge)).toEqual({ intents: 1, captured: [], refunded: [] });
      const captured = { kind: 'captured', reference: charge.reference };
      expect(await provider.charge(charge)).toEqual(captured);
      // Asked again, with the same call or with a question, it answers the same.
      expect(await provider.charge(charge)).toEqual(captured);
      expect(await provider.find(charge)).toEqual(captured);
      expect(money(charge)).toEqual({ intents: 1, captured: ['1050 eur'], refunded: [] });
      expect(stripe.requests.map(({ call, idempotencyKey }) => [call, idempotencyKey])).toEqual([
        ['open', `${charge.paymentId}:open`],
        ['confirm', `${charge.paymentId}:confirm:1`],
        ['confirm', `${charge.paymentId}:confirm:1`],
        ['retrieve', undefined],
      ]);
    });

    test('so that a callback can be understood: the intent names tenant, order and payment', async () => {
      const charge = await opened('pm_card_visa', { tenantId: 'cafe' });
      expect(stripe.intentsOf(charge.orderId)[0]?.metadata).toEqual({
        tenantId: 'cafe',
        orderId: charge.orderId,
        paymentId: charge.paymentId,
      });
    });

    test('in Stripe’s units, where they are not ours', async () => {
      const charge = await opened('pm_card_visa', { amount: 7, currency: 'ISK' });
      await provider.charge(charge);
      expect(money(charge).captured).toEqual(['700 isk']);
    });

    test.each([
      ['pm_card_chargeDeclined', 'CARD_DECLINED', 'The card was declined.', 'Your card was declined.'],
      [
        'pm_card_chargeDeclinedInsufficientFunds',
        'CARD_DECLINED',
        'The card has insufficient funds.',
        'Your card has insufficient funds.',
      ],
    ])(
      'not with %s, and says why in words of ours; Stripe’s are in the log',
      async (method, code, reason, words) => {
        const charge = await opened(method);
        expect(await provider.charge(charge)).toEqual({ kind: 'declined', code, reason });
        expect(await provider.find(charge)).toEqual({ kind: 'declined', code, reason });
        expect(money(charge)).toMatchObject({ captured: [] });
        expect(logger.said('Stripe did not take this').map(({ fields }) => fields)).toEqual([
          { paymentId: charge.paymentId, call: 'confirm', stripe: words },
        ]);
      },
    );

    test.each([
      ['a method that Stripe does not know', 'sim_approved', 'UNKNOWN_METHOD'],
      ['no method at all', undefined, 'NO_METHOD'],
    ])('not with %s', async (_, method, code) => {
      const charge = wanted(method);
      const result = await provider.charge(charge);
      expect(result).toMatchObject({ kind: 'declined', code });
      expect(result).not.toMatchObject({ reason: expect.stringMatching(/No such|sim_approved/) });
      expect(money(charge)).toEqual({ intents: 0, captured: [], refunded: [] });
    });

    test('again after a moment’s trouble of the bank, under another key', async () => {
      const charge = await opened('pm_card_chargeDeclinedProcessingError');
      const putOff = { kind: 'retry', code: 'PROCESSING_ERROR' };
      expect(await provider.charge(charge)).toMatchObject(putOff);
      expect(await provider.charge({ ...charge, attempt: 2, method: 'pm_card_visa' })).toMatchObject({
        kind: 'captured',
      });
      expect(money(charge).captured).toHaveLength(1);
    });

    test.each(['pm_stub_bankDebit', 'pm_card_authenticationRequired'])(
      'later with %s: it is under way until it is settled',
      async (method) => {
        const charge = await opened(method);
        const pending = { kind: 'pending', reference: charge.reference };
        expect(await provider.charge(charge)).toEqual(pending);
        expect(await provider.find(charge)).toEqual(pending);
        stripe.settle(charge.reference ?? '', 'succeeded');
        expect(await provider.find(charge)).toEqual({ kind: 'captured', reference: charge.reference });
        expect(money(charge).captured).toHaveLength(1);
      },
    );
  });

  describe('when Stripe charges and nobody hears of it', () => {
    test.each(['drop', 'hang', 'fail-after'] as const)(
      '(%s) has no answer to give, calls once only, and finds the capture when it is asked',
      async (fault) => {
        const charge = await opened('pm_card_visa');
        stripe.break('confirm', fault);
        await expect(provider.charge(charge)).rejects.not.toBeInstanceOf(NotDone);
        expect(stripe.callsOf('confirm')).toHaveLength(1);
        expect(await provider.find(charge)).toEqual({ kind: 'captured', reference: charge.reference });
        expect(money(charge).captured).toHaveLength(1);
      },
    );

    test('and Stripe has forgotten the key, a second charge still finds the first', async () => {
      const charge = await opened('pm_card_visa');
      stripe.break('confirm', 'drop');
      await expect(provider.charge(charge)).rejects.toThrow();
      stripe.forgetKeys();
      expect(await provider.charge(charge)).toEqual({ kind: 'captured', reference: charge.reference });
      expect(money(charge)).toEqual({ intents: 1, captured: ['1050 eur'], refunded: [] });
    });

    test('and is still at it, a second call waits its turn and charges nothing', async () => {
      const charge = await opened('pm_card_visa');
      stripe.break('confirm', 'stuck');
      await expect(provider.charge(charge)).rejects.toThrow();
      expect(await provider.find(charge)).toEqual({ kind: 'none' });
      // The key is in use: nobody knows yet.
      await expect(provider.charge(charge)).rejects.not.toBeInstanceOf(NotDone);
      stripe.mend();
      expect(await provider.find(charge)).toMatchObject({ kind: 'captured' });
      expect(await provider.charge(charge)).toMatchObject({ kind: 'captured' });
      expect(money(charge).captured).toHaveLength(1);
    });

    test('and a cancellation overtakes the charge, nothing is charged at all', async () => {
      const charge = await opened('pm_card_visa');
      stripe.break('confirm', 'stuck');
      await expect(provider.charge(charge)).rejects.toThrow();
      expect(await provider.cancel(charge)).toEqual({ kind: 'closed' });
      stripe.mend();
      expect(await provider.find(charge)).toEqual({ kind: 'closed' });
      expect(money(charge).captured).toEqual([]);
    });

    test('an answer that comes twice is one answer', async () => {
      const charge = await opened('pm_card_visa');
      stripe.break('confirm', 'twice');
      expect(await provider.charge(charge)).toMatchObject({ kind: 'captured' });
      expect(await provider.find(charge)).toMatchObject({ kind: 'captured' });
      const other = await opened('pm_card_visa', { amount: 99 });
      expect(await provider.charge(other)).toMatchObject({ kind: 'captured', reference: other.reference });
      expect([money(charge).captured, money(other).captured]).toEqual([['1050 eur'], ['99 eur']]);
    });
  });

  describe('when a call was lost before Stripe did anything', () => {
    test.each([
      ['finds nothing, and the next call charges once', 'lose'],
      ['a fault that Stripe keeps under the key does not become the last word', 'fail'],
    ] as const)('%s', async (_, fault) => {
      const charge = await opened('pm_card_visa');
      stripe.break('confirm', fault);
      await expect(provider.charge(charge)).rejects.toThrow();
      expect(await provider.find(charge)).toEqual({ kind: 'none' });
      expect(await provider.charge(charge)).toMatchObject({ kind: 'captured' });
      expect(money(charge).captured).toHaveLength(1);
    });

    test('an intent that was opened unheard is opened once', async () => {
      const charge = wanted('pm_card_visa');
      stripe.break('open', 'drop');
      await expect(provider.charge(charge)).rejects.toThrow();
      expect(await provider.find(charge)).toEqual({ kind: 'none' });
      expect(await provider.charge(charge)).toMatchObject({ kind: 'opened' });
      expect(money(charge)).toEqual({ intents: 1, captured: [], refunded: [] });
    });
  });

  describe('when Stripe does not listen', () => {
    test('because there are too many requests, nothing was done', async () => {
      const charge = await opened('pm_card_visa');
      stripe.break('confirm', 'busy');
      await expect(provider.charge(charge)).rejects.toBeInstanceOf(NotDone);
      expect(money(charge).captured).toEqual([]);
    });

    test('because of the key, nothing was done, and the key is not told', async () => {
      const stranger = new StripeProvider({
        apiKey: 'sk_test_of_somebody_else',
        apiBase: stripe.url,
        timeoutMs: TIMEOUT_MS,
        logger,
      });
      const refused = stranger.charge(wanted('pm_card_visa'));
      await expect(refused).rejects.toBeInstanceOf(NotDone);
      await expect(refused).rejects.toThrow('Stripe does not accept STRIPE_API_KEY');
    });

    test('because it is not there, nobody knows what was done', async () => {
      const charge = await opened('pm_card_visa');
      await stripe.stop();
      await expect(provider.charge(charge)).rejects.not.toBeInstanceOf(NotDone);
    });
  });

  describe('cancels', () => {
    test('for good: a charge that comes later moves nothing', async () => {
      const charge = await opened('pm_card_visa');
      expect(await provider.cancel(charge)).toEqual({ kind: 'closed' });
      expect(await provider.charge(charge)).toEqual({ kind: 'closed' });
      expect(await provider.find(charge)).toEqual({ kind: 'closed' });
      expect(await provider.cancel(charge)).toEqual({ kind: 'closed' });
      expect(money(charge)).toEqual({ intents: 1, captured: [], refunded: [] });
    });

    test('nothing that is captured, and says so', async () => {
      const charge = await opened('pm_card_visa');
      await provider.charge(charge);
      expect(await provider.cancel(charge)).toEqual({ kind: 'captured', reference: charge.reference });
    });

    test('nothing that is under way, and says so', async () => {
      const charge = await opened('pm_stub_bankDebit');
      await provider.charge(charge);
      expect(await provider.cancel(charge)).toEqual({ kind: 'pending', reference: charge.reference });
    });

    test('what was never opened without a call', async () => {
      expect(await provider.cancel(wanted('pm_card_visa'))).toEqual({ kind: 'closed' });
      expect(stripe.requests).toEqual([]);
    });
  });

  describe('refunds', () => {
    const paid = async () => {
      const charge = await opened('pm_card_visa');
      await provider.charge(charge);
      const refund = {
        refundId: newId(),
        attempt: 1,
        paymentId: charge.paymentId,
        orderId: charge.orderId,
        tenantId: charge.tenantId,
        reference: charge.reference ?? '',
        amount: charge.amount,
        currency: charge.currency,
      };
      return { charge, refund };
    };

    test('once, however often it is asked, also when Stripe has forgotten the key', async () => {
      const { charge, refund } = await paid();
      const first = await provider.refund(refund);
      expect(first).toEqual({ kind: 'refunded', reference: expect.stringMatching(/^re_/) });
      expect(await provider.refund(refund)).toEqual(first);
      stripe.forgetKeys();
      expect(await provider.refund(refund)).toEqual(first);
      expect(money(charge).refunded).toEqual([1_050]);
    });

    test.each(['drop', 'hang', 'fail-after'] as const)(
      'once when Stripe does it and nobody hears of it (%s)',
      async (fault) => {
        const { charge, refund } = await paid();
        stripe.break('refund', fault);
        await expect(provider.refund(refund)).rejects.toThrow();
        expect(await provider.refund(refund)).toMatchObject({ kind: 'refunded' });
        expect(money(charge).refunded).toEqual([1_050]);
        expect(stripe.callsOf('refund')).toHaveLength(1);
      },
    );

    test('parts of a payment each once, and never more than was captured', async () => {
      const { charge, refund } = await paid();
      const part = { ...refund, amount: 500 };
      const other = { ...refund, refundId: newId(), amount: 550 };
      for (const one of [part, part, other])
        expect(await provider.refund(one)).toMatchObject({ kind: 'refunded' });
      expect(await provider.refund({ ...refund, refundId: newId(), amount: 1 })).toMatchObject({
        kind: 'refused',
        code: 'CHARGE_ALREADY_REFUNDED',
      });
      expect(money(charge).refunded).toEqual([500, 550]);
    });

    test('nothing while the charge is disputed, and says so; the next attempt asks anew', async () => {
      const { charge, refund } = await paid();
      stripe.dispute(charge.orderId, true);
      const no = { kind: 'refused', code: 'CHARGE_DISPUTED', reason: expect.any(String) };
      expect(await provider.refund(refund)).toEqual(no);
      stripe.dispute(charge.orderId, false);
      // The same call gets the same answer.
      expect(await provider.refund(refund)).toEqual(no);
      expect(await provider.refund({ ...refund, attempt: 2 })).toMatchObject({ kind: 'refunded' });
      expect(await provider.refund({ ...refund, attempt: 3 })).toMatchObject({ kind: 'refunded' });
      expect(money(charge).refunded).toEqual([1_050]);
    });

    test('once more under the next attempt when the bank did not take it', async () => {
      const { charge, refund } = await paid();
      expect(await provider.refund(refund)).toMatchObject({ kind: 'refunded' });
      stripe.failRefunds(charge.orderId);
      expect(await provider.refund(refund)).toEqual({
        kind: 'refused',
        code: 'EXPIRED_OR_CANCELED_CARD',
        reason: expect.stringContaining('failed'),
      });
      expect(await provider.refund({ ...refund, attempt: 2 })).toMatchObject({ kind: 'refunded' });
      expect(stripe.refundsOf(charge.orderId).map(({ status }) => status)).toEqual(['failed', 'succeeded']);
    });

    test('what is not decided yet is asked for again, and is not made twice', async () => {
      const { charge, refund } = await paid();
      stripe.refundLater(charge.orderId);
      const waits = { kind: 'retry', code: 'REFUND_NOT_DONE' };
      expect(await provider.refund(refund)).toMatchObject(waits);
      stripe.forgetKeys();
      expect(await provider.refund(refund)).toMatchObject(waits);
      expect(stripe.callsOf('refund')).toHaveLength(1);
    });

    test('with the names of their order and tenant, so that what Stripe says of them later can be placed', async () => {
      const { charge, refund } = await paid();
      await provider.refund(refund);
      const { refundId, paymentId, orderId, tenantId } = refund;
      expect(stripe.refundsOf(charge.orderId)).toMatchObject([
        { metadata: { refundId, paymentId, orderId, tenantId, attempt: '1' } },
      ]);
    });

    test('and says how all of them stand, whoever made them, and each dispute', async () => {
      const { charge, refund } = await paid();
      const ask = () =>
        provider.moneyBack({ paymentId: charge.paymentId, reference: refund.reference, currency: 'EUR' });
      expect(await ask()).toEqual({ kind: 'known', refunds: [], disputes: [] });
      await provider.refund({ ...refund, amount: 500 });
      stripe.failRefunds(charge.orderId);
      stripe.refundInDashboard(charge.orderId, 300);
      stripe.openDispute(charge.orderId, 750);
      const opened = await ask();
      const reason = expect.any(String);
      expect(opened).toMatchObject({
        refunds: [
          {
            refundId: refund.refundId,
            status: 'failed',
            amount: 500,
            code: 'EXPIRED_OR_CANCELED_CARD',
            reason,
          },
          { refundId: undefined, status: 'refunded', amount: 300 },
        ],
        disputes: [{ status: 'opened', amount: 750, currency: 'EUR', code: 'FRAUDULENT', reason }],
      });
      for (const end of ['won', 'lost'] as const) {
        stripe.closeDisputes(charge.orderId, end);
        expect(await ask()).toMatchObject({ disputes: [{ status: end }] });
      }
    });

    test('finds the payment of a charge, and none of one that Stripe does not know', async () => {
      const { charge } = await paid();
      const [intent] = stripe.intentsOf(charge.orderId);
      expect(await provider.paymentOf(intent?.latest_charge ?? '')).toEqual({
        ...{ kind: 'known', reference: charge.reference },
      });
      expect(await provider.paymentOf('ch_other')).toEqual({ kind: 'known', reference: undefined });
      stripe.break('retrieve-charge', 'fail');
      await expect(provider.paymentOf('ch_other')).rejects.toThrow();
    });

    test('never rounds: what Stripe can not express is refused without a call', async () => {
      const { refund } = await paid();
      const before = stripe.requests.length;
      expect(await provider.refund({ ...refund, amount: 150, currency: 'MGA' })).toMatchObject({
        kind: 'refused',
        code: 'AMOUNT_NOT_POSSIBLE',
      });
      expect(stripe.requests).toHaveLength(before);
    });
  });
});

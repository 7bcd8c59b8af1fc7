import { StripeStub } from '@comanda/stand-ins';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { orderOf, PRODUCTS } from '../support/api.js';
import { checkBooks } from '../support/books.js';
import { PATIENCE_MS, until } from '../support/until.js';
import { useInstallation } from '../support/use-installation.js';

const CALLBACKS = '/api/v1/payment-callbacks/stripe';
const CROISSANT = 210;
const SHELF = 500;

describe('paying with Stripe', () => {
  let stripe: StripeStub;
  const comanda = useInstallation(async () => {
    stripe = await StripeStub.start();
    return { env: stripe.env };
  });
  // A test that failed in the middle must not leave its fault to the next ones.
  afterEach(() => stripe.mend());
  afterAll(() => stripe?.stop());
  let sold = 0;

  const place = (method: string, quantity = 1) =>
    comanda.place(orderOf(PRODUCTS.croissant, quantity, method));
  const confirmed = async (orderId: string, quantity = 1) => {
    expect(await comanda.customer.ended(orderId)).toMatchObject({ status: 'CONFIRMED' });
    sold += quantity;
  };
  /** What Stripe's own books say about an order. */
  const atStripe = (orderId: string) => ({
    captured: stripe.capturesOf(orderId).map(({ amount, currency }) => `${amount} ${currency}`),
    refunded: stripe
      .refundsOf(orderId)
      .flatMap(({ amount, status }) => (status === 'succeeded' ? [amount] : [])),
  });
  const call = async ({ body, headers }: { body: string; headers: Readonly<Record<string, string>> }) =>
    (await fetch(`${comanda.platform.url}${CALLBACKS}`, { method: 'POST', body, headers })).status;
  const once = (quantity = 1) => ({ captured: [`${CROISSANT * quantity} eur`], refunded: [] });
  const metrics = async () =>
    (await fetch(`http://127.0.0.1:${comanda.platform.ports.payments}/metrics`)).text();
  const circuit = async () =>
    /^comanda_circuit_state\{circuit="payments:stripe"\} (\d)$/m.exec(await metrics())?.[1];

  it('confirms an order whose card is good, and charges it once', async () => {
    const orderId = await place('pm_card_visa', 3);
    await confirmed(orderId, 3);
    expect(atStripe(orderId)).toEqual(once(3));
    expect(await comanda.customer.payments(orderId)).toEqual([
      expect.objectContaining({ status: 'COMPLETED', amount: 3 * CROISSANT, refundedAmount: 0 }),
    ]);
  });

  it('rejects an order whose card is declined, and its stock comes back', async () => {
    const orderId = await place('pm_card_chargeDeclined', 2);
    expect(await comanda.customer.ended(orderId)).toMatchObject({
      status: 'REJECTED',
      failureCode: 'CARD_DECLINED',
      failureReason: 'The card was declined.',
    });
    await comanda.customer.available(PRODUCTS.croissant, SHELF - sold);
    expect(atStripe(orderId)).toEqual({ captured: [], refunded: [] });
  });

  it('rejects an order whose method Stripe does not know', async () => {
    const orderId = await place('sim_approved');
    expect(await comanda.customer.ended(orderId)).toMatchObject({
      status: 'REJECTED',
      failureCode: 'UNKNOWN_METHOD',
    });
    expect(stripe.intentsOf(orderId)).toEqual([]);
  });

  it('refunds an order that is cancelled after it was confirmed, all of it and once', async () => {
    const orderId = await place('pm_card_visa', 4);
    expect(await comanda.customer.ended(orderId)).toMatchObject({ status: 'CONFIRMED' });
    // The refund is done, and Stripe's answer is lost: it must not be done again.
    stripe.break('refund', 'drop');
    expect((await comanda.customer.post(`/orders/${orderId}/cancel`)).status).toBe(202);
    await comanda.customer.refunded(orderId);
    expect(atStripe(orderId)).toEqual({ captured: [`${4 * CROISSANT} eur`], refunded: [4 * CROISSANT] });
    expect(await comanda.customer.order(orderId)).toMatchObject({
      status: 'CANCELLED',
      refundedAmount: 4 * CROISSANT,
    });
  });

  it.each([
    // Asked for, found, and not tried again.
    ['drop', ['open', 'confirm', 'retrieve']],
    ['hang', ['open', 'confirm', 'retrieve']],
    ['fail-after', ['open', 'confirm', 'retrieve']],
    // Asked for, not found, and tried again; a fault that Stripe repeats under its key, under another one.
    ['lose', ['open', 'confirm', 'retrieve', 'confirm']],
    ['fail', ['open', 'confirm', 'retrieve', 'confirm', 'confirm']],
    // An answer: there is nothing to ask for.
    ['busy', ['open', 'confirm', 'confirm']],
    ['twice', ['open', 'confirm']],
  ] as const)(
    'charges once when the charge ends like this: %s',
    async (fault, calls) => {
      const before = stripe.requests.length;
      stripe.break('confirm', fault);
      const orderId = await place('pm_card_visa');
      await confirmed(orderId);
      expect(atStripe(orderId)).toEqual(once());
      expect(stripe.requests.slice(before).map(({ call }) => call)).toEqual(calls);
    },
    PATIENCE_MS,
  );

  it('charges once when payments-service is killed after Stripe has charged', async () => {
    stripe.break('confirm', 'hang');
    const orderId = await place('pm_card_visa');
    await until('Stripe has charged', () => stripe.capturesOf(orderId).length > 0);
    await comanda.platform.kill('payments');
    await comanda.platform.start('payments');
    await confirmed(orderId);
    expect(atStripe(orderId)).toEqual(once());
    expect(stripe.intentsOf(orderId)).toHaveLength(1);
  });

  it('lets orders wait while Stripe is unavailable, rejects none, and confirms them when it is back', async () => {
    expect(await circuit()).toBe('0');
    stripe.break('any', 'lose', Number.POSITIVE_INFINITY);
    const orders = await Promise.all(Array.from({ length: 8 }, () => place('pm_card_visa')));
    await until('the circuit is open', async () => (await circuit()) === '2');
    await Promise.all(orders.map((orderId) => comanda.customer.awaitingPayment(orderId)));
    expect(orders.flatMap((orderId) => stripe.capturesOf(orderId))).toEqual([]);
    stripe.mend();
    for (const orderId of orders) await confirmed(orderId);
    expect(orders.map(atStripe)).toEqual(orders.map(() => once()));
    expect(await circuit()).toBe('0');
    const text = await metrics();
    for (const to of ['open', 'half-open', 'closed'])
      expect(text).toMatch(
        new RegExp(`comanda_circuit_transitions_total\\{circuit="payments:stripe",to="${to}"\\} [1-9]`),
      );
  });

  describe('after a callback', () => {
    let orderId: string;
    let intentId: string;
    const asked = async () =>
      Number(/^comanda_work_total\{kind="ask",outcome="done"\} (\d+)$/m.exec(await metrics())?.[1] ?? 0);

    beforeAll(async () => {
      orderId = await place('pm_stub_bankDebit', 5);
      await until('the debit is under way', () => stripe.intentsOf(orderId)[0]?.status === 'processing');
      intentId = stripe.intentsOf(orderId)[0]?.id ?? '';
    }, PATIENCE_MS);

    it('an order waits as long as its debit is under way, also when a callback is forged', async () => {
      const before = await asked();
      expect(await call(stripe.callback(intentId, 'payment_intent.succeeded', 'whsec_guessed'))).toBe(400);
      // A right one with nothing new in it.
      expect(await call(stripe.callback(intentId, 'payment_intent.processing'))).toBe(200);
      await until('Stripe was asked', async () => (await asked()) === before + 1);
      expect((await comanda.customer.order(orderId)).status).toBe('AWAITING_PAYMENT');
      expect(atStripe(orderId)).toEqual({ captured: [], refunded: [] });
    });

    it('is confirmed once, however often the callback comes', async () => {
      stripe.settle(intentId, 'succeeded');
      const callback = stripe.callback(intentId, 'payment_intent.succeeded');
      expect(await Promise.all([call(callback), call(callback), call(callback)])).toEqual([200, 200, 200]);
      await confirmed(orderId, 5);
      expect(await call(callback)).toBe(200);
      const steps = await comanda.customer.timelineWith(orderId, 'product.stockCommitted');
      expect(steps.filter(({ type }) => type === 'payment.completed')).toHaveLength(1);
      expect(atStripe(orderId)).toEqual(once(5));
    });

    it('a debit that bounces rejects its order', async () => {
      const bounced = await place('pm_stub_bankDebit');
      await until('the debit is under way', () => stripe.intentsOf(bounced)[0]?.status === 'processing');
      const id = stripe.intentsOf(bounced)[0]?.id ?? '';
      stripe.settle(id, { code: 'payment_intent_payment_attempt_failed', message: 'The debit bounced.' });
      expect(await call(stripe.callback(id, 'payment_intent.payment_failed'))).toBe(200);
      expect(await comanda.customer.ended(bounced)).toMatchObject({
        status: 'REJECTED',
        failureReason: 'The payment did not go through.',
      });
      expect(atStripe(bounced)).toEqual({ captured: [], refunded: [] });
    });
  });

  describe('what Stripe says later', () => {
    /** All that Stripe has to say of the order, the last word first, and twice. */
    const tell = async (orderId: string) => {
      const calls = stripe.moneyBackCallbacks(orderId).toReversed();
      for (const one of [...calls, ...calls]) expect(await call(one)).toBe(200);
    };
    const typesOf = async (orderId: string, of: string) =>
      (await comanda.customer.timeline(orderId)).filter(({ type }) => type.startsWith(of));
    const paid = async (quantity: number) => {
      const orderId = await place('pm_card_visa', quantity);
      await confirmed(orderId, quantity);
      return orderId;
    };

    it('is followed: a refund that fails, one that was made in the dashboard, a dispute that is lost', async () => {
      const [failing, dashboard, disputed] = await Promise.all([paid(1), paid(2), paid(1)]);
      await comanda.staff.post(`/orders/${failing}/refunds`, { amount: CROISSANT, reason: 'Cold' });
      await comanda.customer.refunded(failing, CROISSANT);
      stripe.failRefunds(failing);
      stripe.refundInDashboard(dashboard, 100);
      stripe.openDispute(disputed);
      await Promise.all([failing, dashboard, disputed].map(tell));
      await comanda.customer.refunded(failing, 0);
      await comanda.customer.refunded(dashboard, 100);
      await comanda.customer.timelineWith(disputed, 'payment.disputed');
      expect(await comanda.customer.payments(disputed)).toMatchObject([
        {
          status: 'COMPLETED',
          refundedAmount: 0,
          disputes: [{ status: 'opened', amount: CROISSANT, currency: 'EUR' }],
        },
      ]);
      stripe.closeDisputes(disputed, 'lost');
      await tell(disputed);
      await comanda.customer.refunded(disputed, CROISSANT);
      expect((await comanda.staff.post(`/orders/${disputed}/cancel`)).status).toBe(202);
      await comanda.customer.orderThat(disputed, 'is cancelled', ({ status }) => status === 'CANCELLED');
      sold -= 1; // its stock is back on the shelf
      expect(await comanda.customer.payments(disputed)).toMatchObject([
        { status: 'REFUNDED', refundedAmount: CROISSANT, disputes: [{ status: 'lost' }] },
      ]);
      expect([failing, dashboard, disputed].map((id) => atStripe(id).refunded)).toEqual([[], [100], []]);
      for (const [id, type, times] of [
        [failing, 'payment.refundFailed', 1],
        [dashboard, 'payment.refunded', 1],
        [disputed, 'payment.disputed', 2],
      ] as const)
        expect(await typesOf(id, type)).toHaveLength(times);
    });
  });

  describe('unavailable for longer than a reservation lasts', () => {
    beforeAll(() => comanda.restart({ ...stripe.env, RESERVATION_TTL_SECONDS: '6' }), 120_000);

    it('is never charged afterwards; what was charged unheard comes back', async () => {
      stripe.break('confirm', 'drop');
      stripe.break('retrieve', 'lose', Number.POSITIVE_INFINITY);
      const unheard = await place('pm_card_visa', 2);
      await until('Stripe has charged', () => stripe.capturesOf(unheard).length > 0);
      stripe.break('any', 'lose', Number.POSITIVE_INFINITY);
      const unasked = await place('pm_card_visa', 3);
      for (const orderId of [unheard, unasked])
        expect(await comanda.customer.ended(orderId)).toMatchObject({
          status: 'CANCELLED',
          failureCode: 'RESERVATION_EXPIRED',
        });
      stripe.mend();
      const refunded = await comanda.customer.refunded(unheard);
      expect(refunded).toMatchObject({ status: 'CANCELLED', refundedAmount: 2 * CROISSANT });
      expect(atStripe(unheard)).toEqual({ captured: [`${2 * CROISSANT} eur`], refunded: [2 * CROISSANT] });
      await comanda.customer.available(PRODUCTS.croissant, SHELF - sold);
      await checkBooks(comanda);
      expect(atStripe(unasked)).toEqual({ captured: [], refunded: [] });
    }, 240_000);
  });

  it('leaves the books right, and they are Stripe’s books', async () => {
    const books = await checkBooks(comanda);
    expect(books.sold.get(PRODUCTS.croissant)).toBe(sold);
    expect(books.kept).toBe(sold * CROISSANT - 100);
    const moved = comanda.accepted.map(atStripe);
    const captured = moved.flatMap(({ captured }) => captured.map((text) => Number.parseInt(text, 10)));
    const refunded = moved.flatMap(({ refunded }) => refunded);
    const sum = (amounts: readonly number[]) => amounts.reduce((total, amount) => total + amount, 0);
    const lost = comanda.accepted
      .flatMap((orderId) => stripe.disputesOf(orderId))
      .map(({ amount }) => amount);
    expect(sum(captured) - sum(refunded) - sum(lost)).toBe(books.kept);
    expect(moved.every(({ captured }) => captured.length <= 1)).toBe(true);
  });
});

import {
  CancelOrder,
  CreateOrder,
  CreateProduct,
  FulfilOrder,
  NO_TENANT,
  newId,
  PaymentProviderCalled,
  RefundOrder,
  type Reply,
} from '@comanda/contracts';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ByHand } from '../support/by-hand.js';

const productId = newId();
const customer = { accountId: newId(), role: 'customer' } as const;
const staff = { accountId: newId(), role: 'staff' } as const;

let shop: ByHand;
let orderId: string;
/** Refunds of one test, by the names it gives them. */
let requests: Map<string, string>;
beforeEach(async () => {
  shop = await ByHand.open({ ttlSeconds: 60 });
  orderId = newId();
  requests = new Map();
  await shop.send(CreateProduct, productId, {
    ...{ productId, sku: 'CAKE', name: 'Cake', price: 180, currency: 'EUR', stock: 2, active: true },
    actor: 'staff',
  });
  await shop.settle();
});
afterEach(() => shop.close());

/** Two cakes for 360 cents: all there is. */
const place = (id = orderId) =>
  shop.send(CreateOrder, id, {
    orderId: id,
    customerId: customer.accountId,
    items: [
      { productId, quantity: 1 },
      { productId, quantity: 1 },
    ],
    paymentMethod: 'pm_card_visa',
  });
const confirmed = async () => {
  await place();
  await shop.settle();
  expect((await books()).order.status).toBe('CONFIRMED');
};
const cancel = (viewer: typeof customer | typeof staff = customer) =>
  shop.send(CancelOrder, orderId, { orderId, reason: 'Changed my mind', viewer });
const fulfil = () => shop.send(FulfilOrder, orderId, { orderId, viewer: staff });
const requestId = (name: string): string => {
  const id = requests.get(name) ?? newId();
  requests.set(name, id);
  return id;
};
const refund = (name: string, amount?: number) =>
  shop.send(RefundOrder, orderId, {
    ...{ orderId, requestId: requestId(name), reason: 'Cold', viewer: staff },
    ...(amount !== undefined && { amount }),
  });
/** The gateway waits for the answer. */
const askForRefund = (name: string, amount: number) =>
  shop.send(
    RefundOrder,
    orderId,
    { orderId, requestId: requestId(name), amount, reason: 'Cold', viewer: staff },
    { expirytime: '2026-01-01T13:00:00.000Z' },
  );
const refused = (code: string): Reply => ({
  ok: false,
  refusal: { status: 409, code, detail: expect.any(String) as unknown as string },
});
const accepted = (result: object): Reply => ({ ok: true, result: expect.objectContaining(result) });

/** All that is written down about the order, and what really moved. */
async function books() {
  const [order] = await shop.rows(
    'orders-service',
    'SELECT status, failure_code AS code, refunded_amount AS refunded, refunding_amount AS refunding FROM orders WHERE order_id = $1',
    orderId,
  );
  const asked = await shop.rows(
    'orders-service',
    'SELECT amount, status, failure_code AS code FROM refund_requests WHERE order_id = $1 ORDER BY created_at, request_id',
    orderId,
  );
  const [payment] = await shop.rows(
    'payments-service',
    'SELECT status, refunded_amount AS refunded, refunding_amount AS refunding FROM payments WHERE order_id = $1',
    orderId,
  );
  const [reservation] = await shop.rows(
    'products-service',
    'SELECT status FROM reservations WHERE order_id = $1',
    orderId,
  );
  const [stock] = await shop.rows('products-service', 'SELECT available, reserved, sold FROM stock');
  return {
    order: { ...order },
    requests: asked.map((row) => ({ ...row })),
    payment: payment && { ...payment },
    reservation: reservation?.status,
    stock: { ...stock },
    captured: shop.stripe.capturesOf(orderId).map(({ amount }) => amount),
    back: shop.stripe.refundsOf(orderId).map(({ amount }) => amount),
  };
}
const published = (type: string): unknown[] =>
  shop.published.filter((event) => event.type === type).map(({ data }) => data);
const ON_SHELF = { available: 2, reserved: 0, sold: 0 };
const SOLD = { available: 0, reserved: 0, sold: 2 };
const KEPT = { status: 'COMPLETED', refunded: 0, refunding: 0 };
const NEVER_CHARGED = { status: 'VOID', refunded: 0, refunding: 0 };
const GIVEN_BACK = { status: 'REFUNDED', refunded: 360, refunding: 0 };
/** The whole payment is back with the customer. */
const ALL_BACK = { payment: GIVEN_BACK, back: [360] };
const STAYS_SOLD = { reservation: 'COMMITTED', stock: SOLD };
const TAKEN_BACK = { reservation: 'RELEASED', stock: ON_SHELF };
const order = (status: string, code: string | null = null, refunded = 0) => ({
  status,
  code,
  refunded,
  refunding: 0,
});
/** It was paid and called off: everything is as before it. */
const undone = (code: string) => ({
  order: order('CANCELLED', code, 360),
  ...ALL_BACK,
  ...TAKEN_BACK,
});

test('two lines of the same product are one reservation, sold and taken back as one', async () => {
  await confirmed();
  expect(published('product.stockReserved')).toMatchObject([
    { items: [{ productId, quantity: 2 }], amount: 360 },
  ]);
  expect(published('product.stockCommitted')).toMatchObject([{ items: [{ productId, quantity: 2 }] }]);
  expect((await books()).stock).toEqual(SOLD);
  await cancel();
  await shop.settle();
  expect(published('product.stockReleased')).toMatchObject([{ items: [{ productId, quantity: 2 }] }]);
  expect((await books()).stock).toEqual(ON_SHELF);
});

describe('a payment that arrives after', () => {
  test('the cancellation of its order: the order stays cancelled, the money goes back, the stock came back once', async () => {
    await place();
    await shop.settle('payment.completed');
    expect(await cancel()).toEqual(accepted({ status: 'CANCELLED' }));
    await shop.deliver('payment.completed', 'orders-service');
    await shop.settle();
    expect(await books()).toEqual({
      order: order('CANCELLED', 'CANCELLED_BY_CUSTOMER', 360),
      requests: [],
      ...ALL_BACK,
      ...TAKEN_BACK,
      captured: [360],
    });
    expect(published('product.stockReleased')).toHaveLength(1);
    expect(published('order.confirmed')).toEqual([]);
  });

  test('the end of its reservation: the order’s row decides, and it got that end first', async () => {
    await place();
    await shop.settle('payment.completed', 'charge');
    await shop.settle('payment.completed');
    shop.pass(60);
    await shop.work('expire-reservation');
    await shop.deliver('product.reservationExpired', 'orders-service');
    await shop.settle();
    expect(await books()).toMatchObject(undone('RESERVATION_EXPIRED'));
  });
});

describe('a reservation that ran out while its order was paid', () => {
  const expiredUnderConfirmation = async () => {
    await place();
    await shop.settle('payment.completed');
    shop.pass(60);
    await shop.work('expire-reservation');
    await shop.deliver('payment.completed', 'orders-service');
    expect((await books()).order.status).toBe('CONFIRMED');
  };

  test('is honoured: the stock is taken once more, and its end comes too late for the order', async () => {
    await expiredUnderConfirmation();
    await shop.settle();
    expect(await books()).toMatchObject({
      order: order('CONFIRMED'),
      payment: KEPT,
      ...STAYS_SOLD,
      back: [],
    });
  });

  test('and was sold to another customer: the order is cancelled as RESERVATION_LOST, and refunded', async () => {
    await expiredUnderConfirmation();
    const other = newId();
    await place(other);
    await shop.deliver('order.created', 'products-service');
    await shop.settle();
    expect(await books()).toMatchObject({
      order: order('CANCELLED', 'RESERVATION_LOST', 360),
      ...ALL_BACK,
      stock: SOLD, // the other one's
    });
  });

  test('keeps the order from being fulfilled until it is known to be sold', async () => {
    await expiredUnderConfirmation();
    expect(await fulfil()).toBe('not-yet');
    await shop.settle();
    expect(await fulfil()).toEqual(accepted({ status: 'FULFILLED' }));
    expect(await books()).toMatchObject({ order: order('FULFILLED'), stock: SOLD });
  });

  test('and is lost: the order that was to be fulfilled is cancelled', async () => {
    await expiredUnderConfirmation();
    await place(newId());
    await shop.deliver('order.created', 'products-service');
    expect(await fulfil()).toBe('not-yet');
    await shop.settle();
    expect(await fulfil()).toEqual(refused('NOT_FULFILLABLE'));
    expect(await books()).toMatchObject({ order: order('CANCELLED', 'RESERVATION_LOST', 360) });
  });
});

describe('a cancellation that overtakes', () => {
  test('the reservation on its way to payments: it is never charged', async () => {
    await place();
    await shop.settle('product.stockReserved');
    await cancel();
    await shop.deliver('order.cancelled', 'payments-service');
    await shop.settle();
    expect(await books()).toMatchObject({
      order: order('CANCELLED', 'CANCELLED_BY_CUSTOMER'),
      payment: NEVER_CHARGED,
      ...TAKEN_BACK,
      captured: [],
      back: [],
    });
    expect(shop.stripe.intentsOf(orderId)).toEqual([]);
  });

  test('the order on its way to products: nothing is ever held', async () => {
    await place();
    await cancel();
    await shop.deliver('order.cancelled', 'products-service');
    await shop.settle();
    expect(await books()).toMatchObject({
      reservation: 'ENDED_BEFORE_RESERVED',
      stock: ON_SHELF,
      captured: [],
    });
    expect(published('product.stockReserved')).toEqual([]);
  });

  test('its order: it waits for it', async () => {
    expect(await cancel()).toBe('not-yet');
    expect(await refund('r1', 100)).toBe('not-yet');
    expect(await fulfil()).toBe('not-yet');
    expect(shop.published.filter(({ type }) => type.startsWith('order.'))).toEqual([]);
  });
});

describe('a refund that staff ask for', () => {
  test('in parts: running totals, until all is back; the order stays, and nothing is restocked', async () => {
    await confirmed();
    expect(await refund('r1', 100)).toEqual(accepted({ amount: 100 }));
    expect(await books()).toMatchObject({ order: { status: 'CONFIRMED', refunded: 0, refunding: 100 } });
    await shop.settle();
    expect(await books()).toMatchObject({
      order: order('CONFIRMED', null, 100),
      payment: { status: 'COMPLETED', refunded: 100, refunding: 0 },
    });
    expect(await refund('r2')).toEqual(accepted({ amount: 260 }));
    await shop.settle();
    expect(await books()).toEqual({
      order: order('CONFIRMED', null, 360),
      requests: [
        { amount: 100, status: 'REFUNDED', code: null },
        { amount: 260, status: 'REFUNDED', code: null },
      ],
      payment: GIVEN_BACK,
      ...STAYS_SOLD,
      captured: [360],
      back: [100, 260],
    });
    expect(published('payment.refunded')).toMatchObject([
      { refundId: requestId('r1'), amount: 100, remaining: 260 },
      { refundId: requestId('r2'), amount: 260, remaining: 0 },
    ]);
    expect(await refund('r3')).toEqual(refused('EXCEEDS_REMAINING'));
  });

  test('twice under one id, or whose events come twice, is one refund', async () => {
    await confirmed();
    await refund('r1', 100);
    expect(await refund('r1', 100)).toEqual(accepted({ amount: 100 }));
    shop.repeat('order.refundRequested');
    await shop.settle();
    shop.repeat('order.refundRequested');
    shop.repeat('payment.refunded');
    // As one that the inbox has forgotten: only the refund's own row knows it.
    const request = shop.published.find(({ type }) => type === 'order.refundRequested');
    if (request) shop.post.push({ to: 'payments-service', envelope: { ...request, id: newId() } });
    expect(await refund('r1', 100)).toEqual(accepted({ amount: 100 }));
    await shop.settle();
    expect(await books()).toMatchObject({
      order: order('CONFIRMED', null, 100),
      requests: [{ amount: 100, status: 'REFUNDED' }],
      back: [100],
    });
    expect(published('order.refundRequested')).toHaveLength(1);
    expect(published('payment.refunded')).toHaveLength(1);
  });

  test('at once with another one: together never more than was paid', async () => {
    await confirmed();
    expect(await refund('r1', 200)).toEqual(accepted({ amount: 200 }));
    expect(await refund('r2', 200)).toEqual(refused('EXCEEDS_REMAINING'));
    expect(await refund('r3')).toEqual(accepted({ amount: 160 }));
    await shop.settle();
    expect(await books()).toMatchObject({ order: order('CONFIRMED', null, 360), back: [200, 160] });
  });

  test('of which eight come at once: each that is too much is told once', async () => {
    await confirmed();
    const names = Array.from({ length: 8 }, (_, nth) => `r${nth}`);
    for (const name of [...names, ...names]) await refund(name, 100);
    await shop.settle();
    expect(await books()).toMatchObject({ order: order('CONFIRMED', null, 300), back: [100, 100, 100] });
    expect(published('order.refundRequested')).toHaveLength(3);
    expect(published('order.refundRejected')).toEqual(
      names.slice(3).map((name) => ({
        orderId,
        requestId: requestId(name),
        amount: 100,
        currency: 'EUR',
        code: 'EXCEEDS_REMAINING',
        reason: "This can't be refunded: 0.60 EUR of 3.60 EUR are left to be refunded.",
      })),
    );
  });

  test('and is refused after its 202 stays refused under its id; refused at once it is decided anew', async () => {
    await place();
    await shop.settle('charge');
    expect(await refund('told', 100)).toEqual(refused('NOT_REFUNDABLE'));
    expect(await askForRefund('waited for', 100)).toEqual(refused('NOT_REFUNDABLE'));
    await shop.settle();
    expect(await refund('told', 100)).toEqual(refused('REQUEST_REFUSED'));
    expect(await askForRefund('told', 100)).toEqual(refused('REQUEST_REFUSED'));
    expect(await askForRefund('waited for', 100)).toEqual(accepted({ amount: 100 }));
    expect(published('order.refundRejected')).toMatchObject([{ requestId: requestId('told') }]);
    expect(published('order.refundRequested')).toMatchObject([{ requestId: requestId('waited for') }]);
  });

  test('before the order is paid changes nothing, and is in its timeline', async () => {
    await place();
    await shop.settle('charge');
    expect(await refund('r1', 100)).toEqual(refused('NOT_REFUNDABLE'));
    await shop.settle();
    expect(await books()).toMatchObject({ order: order('CONFIRMED'), requests: [], payment: KEPT, back: [] });
    const steps = await shop.rows(
      'orders-service',
      `SELECT detail FROM order_timeline WHERE type = 'orders.refund'`,
    );
    expect(steps.map(({ detail }) => JSON.parse(String(detail)))).toEqual([
      {
        ...{ requestId: requestId('r1'), amount: 100, currency: 'EUR', reason: 'Cold' },
        ignored: 'the order is AWAITING_PAYMENT',
      },
    ]);
  });

  test('whose request reaches payments before the payment waits there', async () => {
    await confirmed();
    await refund('r1', 100);
    const request = shop.published.find(({ type }) => type === 'order.refundRequested');
    if (!request) throw new Error('nothing was requested');
    const blank = await ByHand.open();
    try {
      blank.post.push({ to: 'payments-service', envelope: request });
      expect(await blank.deliver('order.refundRequested', 'payments-service')).toBe('not-yet');
      expect(await blank.rows('payments-service', 'SELECT 1 FROM refunds')).toEqual([]);
    } finally {
      await blank.close();
    }
  });

  test('of a fulfilled order is given, and its cancellation is refused', async () => {
    await confirmed();
    expect(await fulfil()).toEqual(accepted({ status: 'FULFILLED' }));
    expect(await fulfil()).toEqual(accepted({ status: 'FULFILLED' }));
    expect(published('order.fulfilled')).toEqual([{ orderId }]);
    expect(await cancel(staff)).toEqual(refused('NOT_CANCELLABLE'));
    await refund('r1');
    await shop.settle();
    expect(await books()).toMatchObject({
      order: order('FULFILLED', null, 360),
      ...ALL_BACK,
      ...STAYS_SOLD,
    });
  });

  test('by a customer is refused, and so is fulfilling', async () => {
    await confirmed();
    const forbidden = { ok: false, refusal: expect.objectContaining({ status: 403 }) };
    const data = { orderId, requestId: newId(), reason: 'Cold', viewer: customer };
    expect(await shop.send(RefundOrder, orderId, data)).toEqual(forbidden);
    expect(await shop.send(FulfilOrder, orderId, { orderId, viewer: customer })).toEqual(forbidden);
    expect(await books()).toMatchObject({ order: order('CONFIRMED'), requests: [] });
  });
});

describe('a refund that the provider refuses', () => {
  test('fails with its code, and what it was to give back may be asked for again', async () => {
    await confirmed();
    shop.stripe.dispute(orderId, true);
    await refund('r1', 300);
    await shop.settle();
    expect(await books()).toMatchObject({
      order: order('CONFIRMED'),
      requests: [{ amount: 300, status: 'FAILED', code: 'CHARGE_DISPUTED' }],
      payment: KEPT,
      back: [],
    });
    expect(published('payment.refundFailed')).toEqual([
      {
        ...{ orderId, requestId: requestId('r1'), paymentId: expect.any(String), reason: expect.any(String) },
        ...{ amount: 300, currency: 'EUR', remaining: 360, code: 'CHARGE_DISPUTED', willRetry: false },
      },
    ]);
    shop.stripe.dispute(orderId, false);
    // The same id is the same request, and that one is over.
    expect(await refund('r1', 300)).toEqual(accepted({ amount: 300 }));
    expect(await refund('r2', 300)).toEqual(accepted({ amount: 300 }));
    await shop.settle();
    expect(await books()).toMatchObject({ order: order('CONFIRMED', null, 300), back: [300] });
  });

  test('for a moment is tried again, and goes back once', async () => {
    await confirmed();
    shop.stripe.break('refund', 'drop');
    await refund('r1', 100);
    // No answer: the lease runs out, and the worker that takes over asks first.
    await expect(shop.settle()).rejects.toThrow();
    shop.pass(20);
    await shop.settle();
    expect(await books()).toMatchObject({ order: order('CONFIRMED', null, 100), back: [100] });
    expect(shop.stripe.callsOf('refund')).toHaveLength(1);
  });
});

describe('a cancellation that crosses refunds', () => {
  test('gives back exactly the rest, after one that is over', async () => {
    await confirmed();
    await refund('r1', 100);
    await shop.settle();
    await cancel(staff);
    await shop.settle();
    expect(await books()).toEqual({
      order: order('CANCELLED', 'CANCELLED_BY_STAFF', 360),
      requests: [{ amount: 100, status: 'REFUNDED', code: null }],
      payment: GIVEN_BACK,
      ...TAKEN_BACK,
      captured: [360],
      back: [100, 260],
    });
  });

  test('gives back exactly the rest, beside one that is under way', async () => {
    await confirmed();
    await refund('r1', 100);
    await shop.settle('refund');
    await cancel(staff);
    await shop.settle('refund');
    expect((await books()).payment).toEqual({ status: 'COMPLETED', refunded: 0, refunding: 360 });
    await shop.settle();
    expect(await books()).toMatchObject({
      order: order('CANCELLED', 'CANCELLED_BY_STAFF', 360),
      requests: [{ amount: 100, status: 'REFUNDED' }],
      payment: GIVEN_BACK,
    });
    expect((await books()).back.toSorted()).toEqual([100, 260]);
  });

  test('gives it all back itself when one that is under way fails', async () => {
    await confirmed();
    await refund('r1', 100);
    await shop.settle('refund');
    await cancel(staff);
    shop.stripe.dispute(orderId, true);
    await shop.settle();
    expect(await books()).toMatchObject({
      order: { status: 'CANCELLED', refunded: 0, refunding: 0 },
      requests: [{ amount: 100, status: 'FAILED', code: 'CHARGE_DISPUTED' }],
      payment: { status: 'COMPLETED', refunded: 0, refunding: 360 },
      back: [],
    });
    // What is owed is never given up.
    for (let hours = 0; hours < 3; hours++) {
      shop.pass(3_600);
      await shop.settle();
    }
    expect((await books()).back).toEqual([]);
    shop.stripe.dispute(orderId, false);
    shop.pass(3_600);
    await shop.settle();
    expect(await books()).toMatchObject({
      order: order('CANCELLED', 'CANCELLED_BY_STAFF', 360),
      requests: [{ status: 'FAILED' }],
      payment: GIVEN_BACK,
      captured: [360],
    });
    expect((await books()).back.toSorted()).toEqual([100, 260]);
    expect(published('payment.refundFailed')).toHaveLength(1);
  });

  test('and reaches payments first: it has given all back, and the refund finds nothing', async () => {
    await confirmed();
    await refund('r1', 100);
    await cancel(staff);
    await shop.deliver('order.cancelled', 'payments-service');
    await shop.settle('payment.refundFailed');
    expect((await books()).order).toMatchObject({ refunded: 360, refunding: 100 });
    await shop.settle();
    expect(await books()).toMatchObject({
      order: order('CANCELLED', 'CANCELLED_BY_STAFF', 360),
      requests: [{ amount: 100, status: 'FAILED', code: 'ORDER_ENDED' }],
      ...ALL_BACK,
    });
  });

  test('comes before: the refund is refused', async () => {
    await confirmed();
    await cancel(staff);
    expect(await refund('r1', 100)).toEqual(refused('NOT_REFUNDABLE'));
    await shop.settle();
    expect(await books()).toMatchObject({
      order: order('CANCELLED', 'CANCELLED_BY_STAFF', 360),
      requests: [],
      back: [360],
    });
  });

  test('comes after all is refunded: there is nothing left to give back, and the stock returns', async () => {
    await confirmed();
    await refund('r1');
    await shop.settle();
    await cancel(staff);
    await shop.settle();
    expect(await books()).toMatchObject(undone('CANCELLED_BY_STAFF'));
    expect(published('payment.refunded')).toHaveLength(1);
  });
});

/** Stripe calls about the refunds and disputes of the order, again and again, and the gateway passes it on. */
const call = async () => {
  const [intent] = shop.stripe.intentsOf(orderId);
  const ofNobody = { tenantid: NO_TENANT };
  const about = { provider: 'stripe', callId: 'evt_1', type: 'refund.updated', about: 'money-back' } as const;
  await shop.send(PaymentProviderCalled, orderId, { ...about, reference: intent?.id }, ofNobody);
  await shop.send(
    PaymentProviderCalled,
    orderId,
    { ...about, charge: intent?.latest_charge ?? '' },
    ofNobody,
  );
  shop.pass(1);
};
const called = async (...held: readonly string[]) => {
  await call();
  await shop.settle(...held);
  await call();
  await shop.settle(...held);
};
const backAtStripe = () =>
  shop.stripe.refundsOf(orderId).flatMap(({ status, amount }) => (status === 'succeeded' ? [amount] : []));

describe('a refund that Stripe took and that fails days later', () => {
  test('does not count any longer, is told once, and may be asked for again', async () => {
    await confirmed();
    await refund('r1', 100);
    await shop.settle();
    shop.stripe.failRefunds(orderId);
    await called();
    expect(await books()).toMatchObject({
      order: order('CONFIRMED'),
      requests: [{ amount: 100, status: 'FAILED', code: 'EXPIRED_OR_CANCELED_CARD' }],
      payment: KEPT,
    });
    expect(published('payment.refundFailed')).toMatchObject([
      { requestId: requestId('r1'), amount: 100, currency: 'EUR', remaining: 360, willRetry: false },
    ]);
    await refund('r2', 100);
    await shop.settle();
    expect(await books()).toMatchObject({ order: order('CONFIRMED', null, 100), payment: { refunded: 100 } });
    expect(backAtStripe()).toEqual([100]);
  });

  test('and of which orders hears that it failed before it hears of it', async () => {
    await confirmed();
    await refund('r1', 100);
    await shop.settle('payment.refunded');
    shop.stripe.failRefunds(orderId);
    await called('payment.refunded');
    await shop.settle();
    expect(await books()).toMatchObject({
      order: order('CONFIRMED'),
      requests: [{ status: 'FAILED' }],
      payment: KEPT,
    });
  });

  test('and is owed is told and tried again, until the money is back', async () => {
    await confirmed();
    await cancel();
    await shop.settle();
    shop.stripe.failRefunds(orderId);
    await called();
    expect(await books()).toMatchObject({
      order: order('CANCELLED', 'CANCELLED_BY_CUSTOMER', 0),
      payment: { status: 'COMPLETED', refunded: 0, refunding: 360 },
    });
    expect(published('payment.refundFailed')).toMatchObject([
      { amount: 360, remaining: 360, willRetry: true },
    ]);
    shop.pass(300);
    await shop.settle();
    await called();
    expect(await books()).toMatchObject({
      order: order('CANCELLED', 'CANCELLED_BY_CUSTOMER', 360),
      payment: GIVEN_BACK,
    });
    expect(backAtStripe()).toEqual([360]);
    expect(published('payment.refundFailed')).toHaveLength(1);
  });
});

describe('a refund that somebody makes in Stripe’s dashboard', () => {
  test('is one of ours, once, and what is left is less', async () => {
    await confirmed();
    shop.stripe.refundInDashboard(orderId, 100);
    await called();
    const [{ id: reference } = { id: '' }] = shop.stripe.refundsOf(orderId);
    expect(published('payment.refunded')).toMatchObject([
      { amount: 100, currency: 'EUR', remaining: 260, by: 'provider', reference },
    ]);
    expect(await books()).toMatchObject({ order: order('CONFIRMED', null, 100), payment: { refunded: 100 } });
    expect(await refund('r1', 300)).toEqual(refused('EXCEEDS_REMAINING'));
    await cancel(staff);
    await shop.settle();
    expect(await books()).toMatchObject({ ...undone('CANCELLED_BY_STAFF'), back: [100, 260] });
  });

  test('before orders hears of the payment counts all the same', async () => {
    await place();
    await shop.settle('payment.completed');
    shop.stripe.refundInDashboard(orderId, 100);
    await called('payment.completed');
    await shop.settle();
    expect(await books()).toMatchObject({ order: order('CONFIRMED', null, 100), payment: { refunded: 100 } });
  });

  test('crosses a request for more than it leaves: the request fails', async () => {
    await confirmed();
    await refund('r1', 300);
    await shop.settle('refund');
    shop.stripe.refundInDashboard(orderId, 100);
    await called('refund');
    await shop.settle();
    expect(await books()).toMatchObject({
      order: order('CONFIRMED', null, 100),
      requests: [{ amount: 300, status: 'FAILED', code: 'WENT_BACK_OTHERWISE' }],
      back: [100],
    });
  });

  test('and of which nobody calls: a cancellation gives back the rest once Stripe has refused all', async () => {
    await confirmed();
    shop.stripe.refundInDashboard(orderId, 100);
    await cancel();
    await shop.settle();
    expect(backAtStripe()).toEqual([100]);
    for (const seconds of [1, 300]) {
      shop.pass(seconds);
      await shop.settle();
    }
    expect(await books()).toMatchObject({ ...undone('CANCELLED_BY_CUSTOMER'), back: [100, 260] });
  });

  test('is ours already when its call comes before our own answer', async () => {
    await confirmed();
    shop.stripe.break('refund', 'drop');
    await refund('r1', 100);
    await expect(shop.settle()).rejects.toThrow();
    await called();
    shop.pass(20);
    await shop.settle();
    expect(await books()).toMatchObject({
      order: order('CONFIRMED', null, 100),
      requests: [{ status: 'REFUNDED' }],
      back: [100],
    });
    expect(published('payment.refunded')).toMatchObject([{ refundId: requestId('r1'), by: 'staff' }]);
  });
});

describe('a dispute', () => {
  test('is told when it is opened and when it is lost; then the money is gone, and nothing is owed', async () => {
    await confirmed();
    shop.stripe.openDispute(orderId);
    await called();
    expect(await books()).toMatchObject({ order: order('CONFIRMED'), payment: KEPT });
    shop.stripe.closeDisputes(orderId, 'lost');
    await called();
    expect(published('payment.disputed')).toMatchObject([
      { status: 'opened', amount: 360, currency: 'EUR', code: 'FRAUDULENT', remaining: 360 },
      { status: 'lost', amount: 360, currency: 'EUR', code: 'FRAUDULENT', remaining: 0 },
    ]);
    expect(await books()).toMatchObject({ order: order('CONFIRMED', null, 360), payment: GIVEN_BACK });
    await cancel(staff);
    await shop.settle();
    expect(await books()).toMatchObject({ ...undone('CANCELLED_BY_STAFF'), back: [] });
    expect(published('payment.refunded')).toEqual([]);
  });

  test('that opens under a refund: it is refused, or it went through before and is not lost twice', async () => {
    await confirmed();
    await refund('r1', 100);
    await shop.settle();
    await refund('r2', 60);
    await shop.settle('refund');
    shop.stripe.openDispute(orderId);
    await shop.settle();
    shop.stripe.closeDisputes(orderId, 'lost');
    await called();
    expect(await books()).toMatchObject({
      order: order('CONFIRMED', null, 360),
      requests: [{ status: 'REFUNDED' }, { amount: 60, status: 'FAILED', code: 'CHARGE_DISPUTED' }],
      payment: GIVEN_BACK,
      back: [100],
    });
  });

  test.each([
    ['lost', []],
    ['won', [360]],
  ] as const)('that is %s after the cancellation: %j is given back', async (end, back) => {
    await confirmed();
    shop.stripe.openDispute(orderId);
    await cancel();
    await shop.settle();
    expect((await books()).payment).toEqual({ status: 'COMPLETED', refunded: 0, refunding: 360 });
    shop.stripe.closeDisputes(orderId, end);
    await called();
    shop.pass(300);
    await shop.settle();
    expect(await books()).toMatchObject({ ...undone('CANCELLED_BY_CUSTOMER'), back });
  });
});

import { beforeAll, describe, expect, it } from '@jest/globals';
import { orderOf, PRODUCTS } from '../support/api.js';
import { checkBooks } from '../support/books.js';
import { Load } from '../support/load.js';
import { until } from '../support/until.js';
import { useInstallation } from '../support/use-installation.js';

describe('while a service is down', () => {
  const comanda = useInstallation();
  const { accepted } = comanda;

  const place = (productId: string) => comanda.place(orderOf(productId));

  it('orders-service: an order is accepted, seen as pending, and handled when the service returns', async () => {
    await comanda.platform.stopOne('orders');
    const orderId = await place(PRODUCTS.espresso);
    expect(await comanda.customer.order(orderId)).toMatchObject({
      status: 'PENDING',
      items: [{ productId: PRODUCTS.espresso, quantity: 1, unitPrice: 180 }],
      totalAmount: 180,
    });
    const cancelled = await place(PRODUCTS.espresso);
    // A cancellation is accepted as well, and waits in line behind its order.
    expect((await comanda.customer.post(`/orders/${cancelled}/cancel`)).status).toBe(202);
    await comanda.platform.start('orders');
    expect(await comanda.customer.ended(orderId)).toMatchObject({ status: 'CONFIRMED', totalAmount: 180 });
    expect(
      await comanda.customer.orderThat(cancelled, 'is cancelled', ({ status }) => status === 'CANCELLED'),
    ).toMatchObject({ failureCode: 'CANCELLED_BY_CUSTOMER' });
  });

  it('products-service: orders are accepted unchecked, and end as they must', async () => {
    await comanda.platform.stopOne('products');
    const good = await place(PRODUCTS.cappuccino);
    const unknown = await place(PRODUCTS.unknown);
    expect(await comanda.customer.ended(unknown)).toMatchObject({
      status: 'REJECTED',
      failureCode: 'UNKNOWN_PRODUCT',
      totalAmount: 0,
    });
    const waiting = await comanda.customer.orderThat(good, 'is priced', ({ totalAmount }) => totalAmount > 0);
    expect(waiting).toMatchObject({ status: 'PENDING', totalAmount: 280 });
    await comanda.platform.start('products');
    expect(await comanda.customer.ended(good)).toMatchObject({ status: 'CONFIRMED' });
  });

  it('products-service: what staff change is accepted, says where to look, and is done once when it returns', async () => {
    await comanda.platform.stopOne('products');
    const tea = { sku: 'TEA-WHILE-AWAY', name: 'Tea', price: 200, currency: 'EUR', stock: 5 };
    const create = () => comanda.staff.post('/products', tea, { 'idempotency-key': 'made-while-away' });
    const made = await create();
    const location = String(made.headers.get('location'));
    expect([made.status, made.body]).toEqual([202, { status: 'PENDING', location }]);
    const path = location.replace('/api/v1', '');
    const adjust = () =>
      comanda.staff.post(
        `${path}/stock-adjustments`,
        { delta: 2, reason: 'Delivery' },
        { 'idempotency-key': 'adjusted-while-away' },
      );
    expect((await adjust()).status).toBe(202);
    expect((await comanda.staff.patch(path, { price: 250 })).status).toBe(202);
    // Whoever is impatient changes nothing by it.
    for (const again of [create, adjust]) expect((await again()).status).toBe(202);
    expect((await comanda.staff.get(path)).status).toBe(503);

    await comanda.platform.start('products');
    await until('it is as it was asked for', async () =>
      JSON.stringify((await comanda.staff.get(path)).body).includes('"price":250'),
    );
    const [created, adjusted] = [await create(), await adjust()];
    expect([created.status, adjusted.status]).toEqual([201, 200]);
    expect(created.body).toMatchObject({ sku: tea.sku, price: 250, available: 7 });
    expect((await comanda.staff.get(`${path}/movements`)).body).toMatchObject({
      items: [{ delta: 2 }, { delta: 5 }],
    });
  });

  it('orders-service, which hangs: what can wait is accepted, the rest is a 503, and it is done once', async () => {
    const paid = await place(PRODUCTS.espresso);
    await comanda.customer.ended(paid);
    const process = comanda.platform.services.get('orders');
    process?.kill('SIGSTOP');
    const orderId = await place(PRODUCTS.espresso);
    const refund = () =>
      comanda.staff.post(
        `/orders/${paid}/refunds`,
        { amount: 10, reason: 'Cold' },
        { 'idempotency-key': 'refund-while-it-hangs' },
      );
    for (const answer of await Promise.all([refund(), comanda.staff.get('/orders')]))
      expect([202, 503]).toContain(answer.status);
    expect((await refund()).status).toBe(202);
    expect((await comanda.customer.get('/orders')).body).toMatchObject({
      status: 503,
      code: 'SERVICE_UNAVAILABLE',
    });
    expect(await comanda.customer.order(orderId)).toMatchObject({ status: 'PENDING' });
    process?.kill('SIGCONT');
    expect(await comanda.customer.ended(orderId)).toMatchObject({ status: 'CONFIRMED' });
    const refunded = await comanda.customer.orderThat(
      paid,
      'is refunded',
      ({ refundedAmount }) => refundedAmount > 0,
    );
    expect(refunded.refundedAmount).toBe(10);
  });

  describe('for longer than a reservation lives', () => {
    beforeAll(() => comanda.restart({ RESERVATION_TTL_SECONDS: '3', PAYMENT_SIM_LATENCY_MS: '1500' }));

    it('payments-service: the order is cancelled, its stock comes back, and it is never paid', async () => {
      const before = (await comanda.customer.product(PRODUCTS.cheesecake)).available;
      await comanda.platform.stopOne('payments');
      const orderId = await place(PRODUCTS.cheesecake);
      await comanda.customer.available(PRODUCTS.cheesecake, before - 1);
      expect(await comanda.customer.ended(orderId)).toMatchObject({
        status: 'CANCELLED',
        failureCode: 'RESERVATION_EXPIRED',
      });
      await comanda.customer.available(PRODUCTS.cheesecake, before);
      await comanda.platform.start('payments');
      const books = await checkBooks(comanda);
      expect(books.available.get(PRODUCTS.cheesecake)).toBe(before);
      expect(books.sold.get(PRODUCTS.cheesecake)).toBe(0);
      const payments = comanda.rows<{ status: string }>(
        'payments',
        'SELECT status FROM payments WHERE order_id = ?',
        orderId,
      );
      // It finds the reservation in its queue before the cancellation: charged and given back, or not charged.
      expect(['VOID', 'REFUNDED', 'FAILED']).toContain(payments[0]?.status);
      expect((await comanda.customer.order(orderId)).status).toBe('CANCELLED');
    });

    /** Stops products-service while an order is paid, until its reservation has run out. */
    const payWithoutProducts = async (productId: string, meanwhile: () => Promise<void>): Promise<string> => {
      const orderId = await place(productId);
      await comanda.customer.awaitingPayment(orderId);
      await comanda.platform.kill('products');
      await meanwhile();
      expect(await comanda.customer.ended(orderId)).toMatchObject({ status: 'CONFIRMED' });
      const [reservation] = comanda.rows<{ expires_at: string }>(
        'products',
        'SELECT expires_at FROM reservations WHERE order_id = ?',
        orderId,
      );
      await until(
        'the reservation has run out',
        () => new Date().toISOString() > (reservation?.expires_at ?? ''),
      );
      // When it returns it lets the reservation run out first, and then gets order.confirmed.
      await comanda.platform.start('products');
      return orderId;
    };

    it('products-service: a confirmed order gets its stock all the same when there is still enough', async () => {
      const orderId = await payWithoutProducts(PRODUCTS.croissant, async () => undefined);
      const steps = await comanda.customer.timelineWith(orderId, 'product.stockCommitted');
      expect(steps.find(({ type }) => type === 'product.reservationExpired')?.detail).toEqual({
        ignored: 'the order is CONFIRMED',
      });
      const books = await checkBooks(comanda);
      expect((await comanda.customer.order(orderId)).status).toBe('CONFIRMED');
      expect(books.sold.get(PRODUCTS.croissant)).toBe(1);
    });

    it('products-service: a confirmed order whose stock others have bought is cancelled and refunded', async () => {
      let winner = '';
      const loser = await payWithoutProducts(PRODUCTS.lastCake, async () => {
        winner = await place(PRODUCTS.lastCake);
      });
      const books = await checkBooks(comanda);
      expect(books.sold.get(PRODUCTS.lastCake)).toBe(1);
      expect(books.available.get(PRODUCTS.lastCake)).toBe(0);
      expect(await comanda.customer.order(winner)).toMatchObject({ status: 'CONFIRMED' });
      expect(await comanda.customer.order(loser)).toMatchObject({
        status: 'CANCELLED',
        failureCode: 'RESERVATION_LOST',
        totalAmount: 450,
        refundedAmount: 450,
      });
    });
  });

  it('all of them, stopped in order under load: nothing in hand is lost', async () => {
    await comanda.restart({ PAYMENT_SIM_LATENCY_MS: '10-80' });
    const load = Load.start(comanda);
    await load.more(40);
    await load.midFlow();
    const ended = await comanda.platform.stop();
    expect([...ended].toSorted()).toEqual(
      ['gateway', 'orders', 'payments', 'products', 'webhooks'].map((name) => [
        name,
        { code: 0, signal: null },
      ]),
    );
    const acceptedBefore = load.accepted.size;
    await comanda.restart({ PAYMENT_SIM_LATENCY_MS: '10-80' });
    await load.more(20);
    await load.stop();
    expect(load.accepted.size).toBeGreaterThanOrEqual(acceptedBefore + 20);
    expect(load.surprises).toEqual([]);
    // The gateway answers every request that it has begun before it goes.
    expect(load.perhaps.size).toBe(0);
    accepted.push(...load.accepted.keys());
    const books = await checkBooks(comanda);
    expect(books.orders).toBe(accepted.length);
  });
});

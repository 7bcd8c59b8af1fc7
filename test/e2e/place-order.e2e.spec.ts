import { describe, expect, it } from '@jest/globals';
import { type Answer, Api, orderOf, PRODUCTS } from '../support/api.js';
import { checkBooks } from '../support/books.js';
import { metricOf } from '../support/metrics.js';
import { until } from '../support/until.js';
import { useInstallation } from '../support/use-installation.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const approved = { method: 'sim_approved' };

describe('an order', () => {
  const lines: Record<string, unknown>[] = [];
  const comanda = useInstallation({
    tapped: true,
    env: { LOG_LEVEL: 'debug' },
    onLine: (_process, line) => {
      // The servers' own lines are no JSON.
      if (line.startsWith('{')) lines.push(JSON.parse(line) as Record<string, unknown>);
    },
  });
  const { accepted, wire } = comanda;

  it('is answered 202 with its id and place, and becomes confirmed, sold, paid and told', async () => {
    const before = await comanda.customer.product(PRODUCTS.espresso);
    const answer = await comanda.customer.post(
      '/orders',
      {
        items: [
          { productId: PRODUCTS.espresso, quantity: 2 },
          { productId: PRODUCTS.cappuccino, quantity: 1 },
        ],
        payment: approved,
      },
      { 'x-correlation-id': 'e2e-happy-path' },
    );
    expect(answer.status).toBe(202);
    expect(answer.headers.get('x-correlation-id')).toBe('e2e-happy-path');
    expect(answer.body).toEqual({
      orderId: expect.stringMatching(UUID),
      status: 'PENDING',
      createdAt: expect.any(String),
    });
    const { orderId } = answer.body as { orderId: string };
    expect(answer.headers.get('location')).toBe(`/api/v1/orders/${orderId}`);
    accepted.push(orderId);

    const order = await comanda.customer.ended(orderId);
    expect(order).toMatchObject({
      orderId,
      status: 'CONFIRMED',
      items: [
        {
          productId: PRODUCTS.espresso,
          sku: 'ESPRESSO',
          name: 'Espresso',
          quantity: 2,
          unitPrice: 180,
          lineTotal: 360,
        },
        {
          productId: PRODUCTS.cappuccino,
          sku: 'CAPPUCCINO',
          name: 'Cappuccino',
          quantity: 1,
          unitPrice: 280,
          lineTotal: 280,
        },
      ],
      totalAmount: 640,
      currency: 'EUR',
      refundedAmount: 0,
    });
    expect(order).not.toHaveProperty('failureReason');
    expect((await comanda.customer.get(`/orders/${orderId}/status`)).body).toMatchObject({
      orderId,
      status: 'CONFIRMED',
    });

    const steps = await comanda.customer.timelineWith(orderId, 'product.stockCommitted');
    expect(steps.map(({ service, type }) => `${service} ${type}`)).toEqual([
      'api-gateway orders.create',
      'orders-service order.created',
      'products-service product.stockReserved',
      'payments-service payment.completed',
      'orders-service order.confirmed',
      'products-service product.stockCommitted',
    ]);
    // Each step was caused by the one before it.
    expect(steps.map(({ causationId }) => causationId)).toEqual([
      undefined,
      ...steps.slice(0, -1).map(({ messageId }) => messageId),
    ]);
    expect(new Set(steps.map(({ messageId }) => messageId)).size).toBe(6);

    expect(await comanda.customer.payments(orderId)).toEqual([
      expect.objectContaining({ status: 'COMPLETED', amount: 640, refundedAmount: 0 }),
    ]);
    expect((await comanda.customer.product(PRODUCTS.espresso)).available).toBe(before.available - 2);

    const { receiver } = comanda.witness;
    await receiver.until('the last webhook of the order', () => receiver.about(orderId).length === 5);
    const received = receiver.about(orderId).map(({ event }) => event);
    expect(new Set(received.map(({ type }) => type))).toEqual(
      new Set([
        'order.created',
        'product.stockReserved',
        'payment.completed',
        'order.confirmed',
        'product.stockCommitted',
      ]),
    );
    // How it was paid is between us and the provider.
    expect(JSON.stringify(received)).not.toMatch(/paymentMethod|sim_/);
    const confirmed = received.find(({ type }) => type === 'order.confirmed');
    expect(confirmed).toEqual({
      id: steps[4]?.messageId,
      type: 'order.confirmed',
      timestamp: expect.any(String),
      tenantId: 'default',
      subject: orderId,
      subjectType: 'order',
      sequence: 2,
      correlationId: 'e2e-happy-path',
      apiVersion: 'v1',
      data: { orderId, totalAmount: 640, currency: 'EUR', paymentId: expect.stringMatching(UUID) },
    });

    // Each subject counts its own events: the order, its reservation, its payment.
    const counted = received.map(({ subject, subjectType, sequence }) => ({
      subject,
      subjectType,
      sequence,
    }));
    expect(new Set(counted.map(({ subject }) => subject)).size).toBe(3);
    expect(counted.map(({ subjectType, sequence }) => `${subjectType} ${sequence}`).toSorted()).toEqual([
      'order 1',
      'order 2',
      'payment 1',
      'reservation 1',
      'reservation 2',
    ]);

    // One correlation id from the HTTP request to the last event.
    const messages = wire.about(orderId).map(({ envelope }) => envelope);
    expect(messages.map(({ type }) => type).toSorted()).toEqual(steps.map(({ type }) => type).toSorted());
    expect(new Set(messages.map(({ correlationid }) => correlationid))).toEqual(new Set(['e2e-happy-path']));
    for (const { event, headers } of receiver.about(orderId)) {
      expect(event.correlationId).toBe('e2e-happy-path');
      expect(headers['x-correlation-id']).toBe('e2e-happy-path');
    }
    const services = () =>
      new Set(
        lines.filter(({ correlationId }) => correlationId === 'e2e-happy-path').map(({ service }) => service),
      );
    await until('each service has said what it did for this request', () => services().size === 5);
    expect([...services()].toSorted()).toEqual([
      'api-gateway',
      'orders-service',
      'payments-service',
      'products-service',
      'webhook-publisher',
    ]);
    const silent = lines.filter(
      (line) =>
        ('messageId' in line || 'workId' in line || 'path' in line) && line.correlationId === undefined,
    );
    expect(silent).toEqual([]);
  });

  it('may be written short, for one product', async () => {
    const orderId = await comanda.place(orderOf(PRODUCTS.espresso, 3));
    expect(await comanda.customer.ended(orderId)).toMatchObject({
      status: 'CONFIRMED',
      items: [{ productId: PRODUCTS.espresso, quantity: 3, unitPrice: 180 }],
      totalAmount: 540,
    });
  });

  it('with more than there is on the shelf is rejected with what is short, and nothing is held or charged', async () => {
    const before = await comanda.customer.product(PRODUCTS.cheesecake);
    const orderId = await comanda.place({
      items: [
        { productId: PRODUCTS.espresso, quantity: 1 },
        { productId: PRODUCTS.cheesecake, quantity: 41 },
      ],
      payment: approved,
    });
    expect(await comanda.customer.ended(orderId)).toMatchObject({
      status: 'REJECTED',
      failureCode: 'OUT_OF_STOCK',
      failureReason: 'Not enough stock',
    });
    const { receiver } = comanda.witness;
    await receiver.until('the last webhook of the order', () => receiver.about(orderId).length === 3);
    const received = new Map(receiver.about(orderId).map(({ event }) => [event.type, event.data]));
    expect([...received.keys()].toSorted()).toEqual([
      'order.created',
      'order.rejected',
      'product.stockRejected',
    ]);
    expect(received.get('product.stockRejected')).toEqual({
      orderId,
      reason: 'Not enough stock',
      shortages: [{ productId: PRODUCTS.cheesecake, requested: 41, available: 40 }],
    });
    expect(await comanda.customer.payments(orderId)).toEqual([]);
    expect((await comanda.customer.product(PRODUCTS.cheesecake)).available).toBe(before.available);
  });

  it.each([
    ['sim_declined', 'CARD_DECLINED'],
    ['sim_fraud', 'FRAUD_SUSPECTED'],
    ['a-token-of-nobody', 'UNKNOWN_METHOD'],
  ])('paid with %s is rejected as %s, and its stock comes back', async (method, code) => {
    const before = await comanda.customer.product(PRODUCTS.croissant);
    const orderId = await comanda.place(orderOf(PRODUCTS.croissant, 4, method));
    expect(await comanda.customer.ended(orderId)).toMatchObject({ status: 'REJECTED', failureCode: code });
    const steps = await comanda.customer.timelineWith(orderId, 'product.stockReleased');
    expect(steps.map(({ type }) => type)).toEqual([
      'orders.create',
      'order.created',
      'product.stockReserved',
      'payment.failed',
      'order.rejected',
      'product.stockReleased',
    ]);
    expect(await comanda.customer.payments(orderId)).toEqual([
      expect.objectContaining({ status: 'FAILED', amount: 840, refundedAmount: 0, failureCode: code }),
    ]);
    await comanda.customer.available(PRODUCTS.croissant, before.available);
  });

  it('whose provider fails twice for the moment is confirmed by the third try', async () => {
    const charges = () =>
      metricOf(comanda, 'payments', 'comanda_work_total', { kind: 'charge', outcome: 'done' });
    const before = await charges();
    const orderId = await comanda.place(orderOf(PRODUCTS.espresso, 1, 'sim_flaky'));
    await comanda.customer.awaitingPayment(orderId);
    expect(await comanda.customer.payments(orderId)).toEqual([
      expect.objectContaining({ status: 'PENDING' }),
    ]);
    expect(await comanda.customer.ended(orderId)).toMatchObject({ status: 'CONFIRMED' });
    await until('the last charge is counted', async () => (await charges()) >= before + 3);
    expect(await charges()).toBe(before + 3);
    expect(await comanda.customer.payments(orderId)).toEqual([
      expect.objectContaining({ status: 'COMPLETED', amount: 180 }),
    ]);
  });

  /** The gateway looks a product up for 100 ms at most; on a machine that is slower the order is taken unchecked. */
  const refused = async (body: object): Promise<Answer> => {
    for (;;) {
      const answer = await comanda.customer.post('/orders', body);
      if (answer.status !== 202) return answer;
      const { orderId } = answer.body as { orderId: string };
      accepted.push(orderId);
      expect(await comanda.customer.ended(orderId)).toMatchObject({ status: 'REJECTED' });
    }
  };

  it('for an unknown product is refused at once', async () => {
    const answer = await refused({
      items: [
        { productId: PRODUCTS.espresso, quantity: 1 },
        { productId: PRODUCTS.unknown, quantity: 1 },
      ],
    });
    expect(answer).toMatchObject({
      status: 422,
      body: { code: 'UNKNOWN_PRODUCT', errors: [{ path: 'items[1].productId' }] },
    });
  });

  it('for a product that is not for sale is refused at once', async () => {
    const created = await comanda.staff.post('/products', {
      sku: 'OLD-CAKE',
      name: 'Old cake',
      price: 100,
      currency: 'EUR',
      stock: 5,
      active: false,
    });
    expect(created.status).toBe(201);
    const { productId } = created.body as { productId: string };
    expect(await refused({ productId, quantity: 1 })).toMatchObject({
      status: 422,
      body: { code: 'PRODUCT_INACTIVE', errors: [{ path: 'productId' }] },
    });
  });

  it.each([0, -1, 1.5, '2', 1_000_001, null])('of %p pieces is refused', async (quantity) => {
    const answer = await comanda.customer.post('/orders', { productId: PRODUCTS.espresso, quantity });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body).toMatchObject({ code: 'INVALID_REQUEST', errors: [{ path: 'quantity' }] });
  });

  it('with two lines of one product holds them as one', async () => {
    const line = { productId: PRODUCTS.cheesecake, quantity: 21 };
    // 21 are there, and 21 are there: 42 are not.
    const tooMany = await comanda.place({ items: [line, line], payment: approved });
    expect(await comanda.customer.ended(tooMany)).toMatchObject({
      status: 'REJECTED',
      failureCode: 'OUT_OF_STOCK',
    });
    const half = { ...line, quantity: 2 };
    const orderId = await comanda.place({ items: [half, half], payment: approved });
    expect(await comanda.customer.ended(orderId)).toMatchObject({ status: 'CONFIRMED', totalAmount: 2080 });
    const reservation = comanda.rows<{ items: string }>(
      'products',
      'SELECT items FROM reservations WHERE order_id = ?',
      orderId,
    );
    expect(reservation.map(({ items }) => JSON.parse(items))).toEqual([
      [{ productId: PRODUCTS.cheesecake, quantity: 4 }],
    ]);
  });

  it('under the key of an older one is refused, also when the gateway has forgotten the key', async () => {
    const key = { 'idempotency-key': 'of-yesterday' };
    const first = await comanda.place(orderOf(PRODUCTS.espresso), key);
    await comanda.customer.ended(first);
    expect(comanda.tamper('gateway', 'DELETE FROM idempotency_keys')).toBeGreaterThan(0);
    const other = await comanda.customer.post('/orders', orderOf(PRODUCTS.espresso, 2), key);
    expect(other.body).toMatchObject({ status: 422, code: 'IDEMPOTENCY_KEY_REUSED' });
    const same = await comanda.customer.post('/orders', orderOf(PRODUCTS.espresso), key);
    expect(same).toMatchObject({ status: 202, body: { orderId: first } });
    expect((await comanda.customer.order(first)).status).toBe('CONFIRMED');
  });

  it('is nobody else’s business', async () => {
    const orderId = await comanda.place(orderOf(PRODUCTS.espresso));
    await comanda.customer.ended(orderId);
    const account = { email: 'somebody.else@example.org', password: 'somebody-else' };
    expect((await new Api(comanda.platform.url).post('/auth/register', account)).status).toBe(201);
    const other = await Api.logIn(comanda.platform.url, account.email, account.password);
    const answers = [
      await other.get(`/orders/${orderId}`),
      await other.get(`/orders/${orderId}/status`),
      await other.get(`/orders/${orderId}/timeline`),
      await other.get(`/orders/${orderId}/payments`),
      await other.post(`/orders/${orderId}/cancel`),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
    expect((await other.get('/orders')).body).toEqual({ items: [], nextCursor: null });
    expect((await comanda.staff.order(orderId)).status).toBe('CONFIRMED');
    expect((await comanda.staff.post('/orders', { productId: PRODUCTS.espresso, quantity: 1 })).status).toBe(
      403,
    );
  });

  it('leaves the books right', async () => {
    const books = await checkBooks(comanda);
    expect(books.orders).toBe(accepted.length);
    expect(books.confirmed).toBe(6);
    expect(books.cancelled).toBe(0);
    expect(books.sold.get(PRODUCTS.croissant)).toBe(0);
    expect(books.sold.get(PRODUCTS.cheesecake)).toBe(4);
  });
});

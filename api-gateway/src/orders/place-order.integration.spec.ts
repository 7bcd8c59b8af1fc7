import { setTimeout as pause } from 'node:timers/promises';
import {
  accept,
  CreateOrder,
  type Envelope,
  GetProducts,
  newId,
  type ProductView,
  refuse,
} from '@comanda/contracts';
import { until } from '@comanda/kit';
import { DATABASE } from '@comanda/service-kit';
import { type Database, statement } from '@comanda/storage';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { notFound, productsOf } from '../../test/fake-services.js';
import { useServicesAndGateway } from '../../test/services-and-gateway.js';

const espresso = '0190a000-0000-7000-8000-000000000001';
const cake = '0190a000-0000-7000-8000-000000000002';
const retired = '0190a000-0000-7000-8000-000000000003';

// Long enough for a busy machine to refuse what is to be refused, short enough to be waited for five times.
const { services, gateway } = useServicesAndGateway({ PRODUCT_LOOK_UP_MS: '2000' });
beforeEach(() => {
  services.answer('products.getMany', productsOf(productOf));
  services.answer('orders.get', notFound('UNKNOWN_ORDER'));
  services.answer('orders.bodyHash', notFound('UNKNOWN_ORDER'));
});
// An order that one test placed is not to be counted by the next.
afterEach(() => services.caughtUp());

const productOf = (productId: string): ProductView | undefined =>
  [espresso, cake, retired].includes(productId)
    ? {
        ...{ productId, sku: 'X', name: 'X', price: 180, currency: 'EUR' },
        active: productId !== retired,
        available: 5,
      }
    : undefined;

const place = (body: unknown, token = gateway.token('customer'), headers: Record<string, string> = {}) =>
  gateway.call('POST', '/api/v1/orders', { token, body, headers });
/** All commands to make an order, the last ones on their way included: a count of them can fail. */
async function created(): Promise<Envelope[]> {
  await services.caughtUp();
  return services.commands('orders.create');
}
/** The command of this order; the broker confirmed it before the answer, so it is only a moment away. */
async function commandOf(orderId: string): Promise<Envelope> {
  const found = (await created()).find(({ subject }) => subject === orderId);
  if (!found) throw new Error(`no command for ${orderId}`);
  return found;
}

/** How many look-ups there may be since then: one, and on a slow machine another one for each time that it was forgotten. */
const lookUpsSince = (began: number) => () => 1 + Math.floor((Date.now() - began) / 900);

describe('an order is accepted', () => {
  test('with its lines, and travels as one durable command with tenant, correlation and trace', async () => {
    const customer = newId();
    const items = [
      { productId: espresso, quantity: 2 },
      { productId: cake, quantity: 1 },
      { productId: espresso, quantity: 1 },
    ];
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const { status, body, headers } = await place(
      { items, payment: { method: 'sim_approved' } },
      gateway.token('customer', customer),
      { 'x-correlation-id': 'order-42', traceparent },
    );
    expect(status).toBe(202);
    expect(Object.keys(body)).toEqual(['orderId', 'status', 'createdAt']);
    expect(body.status).toBe('PENDING');
    expect(headers.get('location')).toBe(`/api/v1/orders/${body.orderId}`);
    const command = await commandOf(body.orderId);
    expect(command).toMatchObject({
      type: 'orders.create',
      source: 'api-gateway',
      tenantid: 'default',
      correlationid: 'order-42',
      data: { orderId: body.orderId, customerId: customer, items, paymentMethod: 'sim_approved' },
    });
    expect(command.traceparent).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-/);
    expect(command.expirytime).toBeUndefined();
    expect(await created()).toHaveLength(1);
    expect(gateway.log.find(({ orderId }) => orderId === body.orderId)).toMatchObject({ status: 202 });
  });

  test('in the short form', async () => {
    const { status, body } = await place({ productId: cake, quantity: 1 });
    expect(status).toBe(202);
    const command = await commandOf(body.orderId);
    expect(command.data).toMatchObject({ items: [{ productId: cake, quantity: 1 }] });
    expect(command.data).not.toHaveProperty('paymentMethod');
  });

  test('with one look-up for many orders of the same product', async () => {
    await pause(2_100); // until what earlier tests looked up is forgotten
    const allowed = lookUpsSince(Date.now());
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => place({ productId: espresso, quantity: 1 })),
    );
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(50);
    expect(services.commands('products.getMany').length).toBeLessThanOrEqual(allowed());
    expect(new Set(answers.map(({ body }) => body.orderId)).size).toBe(50);
  });
});

describe('an order is refused at once', () => {
  test('when it names products that are unknown or not for sale', async () => {
    const items = [espresso, newId(), retired].map((productId) => ({ productId, quantity: 1 }));
    const { status, body } = await place({ items });
    expect({ status, code: body.code }).toEqual({ status: 422, code: 'UNKNOWN_PRODUCT' });
    expect(body.errors).toEqual([
      { path: 'items[1].productId', message: 'there is no such product' },
      { path: 'items[2].productId', message: 'this product is not for sale' },
    ]);
    const short = await place({ productId: retired, quantity: 1 });
    expect(short.body).toMatchObject({ code: 'PRODUCT_INACTIVE', errors: [{ path: 'productId' }] });
    expect(await created()).toHaveLength(0);
  });

  test('when it is to be paid by the number of a card, which goes no further', async () => {
    const number = '4242-4242-4242-4242';
    const order = { productId: espresso, quantity: 1, payment: { method: number } };
    const forms = [order, { items: [{ productId: espresso, quantity: 1 }], payment: { method: number } }];
    for (const body of forms) {
      const refused = await place(body);
      expect(refused.body).toMatchObject({
        status: 400,
        errors: [{ path: 'payment.method', message: expect.stringContaining('token') }],
      });
      expect(refused.text).not.toContain(number);
    }
    await services.caughtUp();
    expect(JSON.stringify([services.received, gateway.log])).not.toContain(number);
  });

  test('with one question for all its products, and none for a moment after a no', async () => {
    const strangers = Array.from({ length: 99 }, () => newId());
    const items = [espresso, ...strangers].map((productId) => ({ productId, quantity: 1 }));
    await pause(2_100); // until what earlier tests looked up is forgotten
    services.received.length = 0;
    const allowed = lookUpsSince(Date.now());
    const answers = await Promise.all(Array.from({ length: 20 }, () => place({ items })));
    for (const { status, body } of answers) {
      expect(status).toBe(422);
      expect(body.errors).toHaveLength(99);
    }
    expect((await place({ productId: strangers[7], quantity: 1 })).status).toBe(422);
    const asked = services
      .commands('products.getMany')
      .map(({ data }) => GetProducts.data.parse(data).productIds);
    expect(asked[0]).toEqual([espresso, ...strangers]);
    // What is for sale is not driven out by what is not.
    expect((await place({ productId: espresso, quantity: 1 })).status).toBe(202);
    expect(services.commands('products.getMany').length).toBeLessThanOrEqual(allowed());
    expect(services.commands('products.get')).toHaveLength(0);
  });

  test('and a product that is unknown now may be ordered a moment after it is there', async () => {
    const later = newId();
    expect((await place({ productId: later, quantity: 1 })).status).toBe(422);
    services.answer(
      'products.getMany',
      productsOf((productId) => ({ ...productOf(espresso), productId }) as ProductView),
    );
    await until(
      'the no is forgotten',
      async () => (await place({ productId: later, quantity: 1 })).status === 202,
    );
    expect(await created()).toHaveLength(1);
  });
});

describe('an Idempotency-Key that the gateway has forgotten', () => {
  const placeKeyed = (token: string, quantity: number) =>
    place({ productId: espresso, quantity }, token, { 'idempotency-key': 'of-yesterday' });
  /** Places an order by a key, and makes the gateway forget the key; what orders-service knows of the order. */
  async function placedYesterday() {
    const token = gateway.token('customer');
    const { status, body } = await placeKeyed(token, 1);
    expect(status).toBe(202);
    const { bodyHash } = CreateOrder.data.parse((await commandOf(body.orderId)).data);
    expect(bodyHash).toMatch(/^[\w-]{43}$/);
    const database = gateway.app.get<Database>(DATABASE);
    await database.transaction(
      async (sql) => {
        await sql.run(statement('DELETE FROM idempotency_keys'));
      },
      ['default'],
    );
    services.received.length = 0;
    return { token, orderId: String(body.orderId), bodyHash: bodyHash ?? null };
  }
  const asked = () => services.commands('orders.bodyHash').map(({ subject }) => subject);

  test('with another body is a 422 without the id of the old order, and makes nothing', async () => {
    const { token, orderId, bodyHash } = await placedYesterday();
    services.answer('orders.bodyHash', () => accept({ bodyHash }));
    const other = await placeKeyed(token, 2);
    expect(other.body).toMatchObject({ status: 422, code: 'IDEMPOTENCY_KEY_REUSED' });
    expect(other.text).not.toContain(orderId);
    expect(asked()).toEqual([orderId]);
    expect(await created()).toHaveLength(0);
    // The key is still the old order's.
    const again = await placeKeyed(token, 1);
    expect([again.status, again.body.orderId]).toEqual([202, orderId]);
  });

  test('with orders-service away is accepted, for orders-service to decide', async () => {
    const { token, orderId, bodyHash } = await placedYesterday();
    await services.goAway('orders-service');
    try {
      expect((await placeKeyed(token, 2)).status).toBe(202);
      const later = CreateOrder.data.parse((await commandOf(orderId)).data);
      expect(later.bodyHash).not.toBe(bodyHash);
    } finally {
      await services.comeBack('orders-service');
    }
  });

  test('is asked for only by who sends one', async () => {
    services.received.length = 0;
    const { body } = await place({ productId: espresso, quantity: 1 });
    expect((await commandOf(body.orderId)).data).not.toHaveProperty('bodyHash');
    expect(asked()).toEqual([]);
  });
});

describe('an order that was just accepted', () => {
  test('is PENDING for its owner and staff while orders-service has not come to it, and nobody else’s', async () => {
    const token = gateway.token('customer');
    const { body } = await place({ productId: espresso, quantity: 2 }, token);
    const path = `/api/v1/orders/${body.orderId}`;
    const seen = await gateway.call('GET', path, { token });
    expect(seen.status).toBe(200);
    expect(seen.body).toMatchObject({
      orderId: body.orderId,
      status: 'PENDING',
      items: [{ productId: espresso, quantity: 2, unitPrice: 180 }],
      totalAmount: 360,
      currency: 'EUR',
      refundedAmount: 0,
    });
    expect((await gateway.call('GET', `${path}/status`, { token })).body).toEqual({
      orderId: body.orderId,
      status: 'PENDING',
      updatedAt: body.createdAt,
    });
    services.answer('orders.timeline', notFound('UNKNOWN_ORDER'));
    expect((await gateway.call('GET', `${path}/timeline`, { token })).body).toEqual({
      items: [],
      missing: ['webhook-publisher'],
    });
    expect((await gateway.call('GET', path, { token: gateway.token('staff') })).status).toBe(200);
    expect((await gateway.call('GET', path, { token: gateway.token('customer') })).status).toBe(404);
  });

  test('is what orders-service says as soon as it knows it', async () => {
    const token = gateway.token('customer');
    const { body } = await place({ productId: espresso, quantity: 2 }, token);
    const view = {
      orderId: body.orderId,
      customerId: newId(),
      status: 'CONFIRMED',
      items: [{ productId: espresso, quantity: 2, unitPrice: 180 }],
      totalAmount: 360,
      currency: 'EUR',
      refundedAmount: 0,
      createdAt: body.createdAt,
      updatedAt: body.createdAt,
    };
    services.answer('orders.get', () => accept(view));
    const seen = await gateway.call('GET', `/api/v1/orders/${body.orderId}`, { token });
    expect(seen.body).toEqual(view);
  });

  test('is PENDING also while orders-service is away; an order that nobody knows is then a 503', async () => {
    await services.goAway('orders-service');
    try {
      const token = gateway.token('customer');
      const { status, body } = await place({ productId: espresso, quantity: 2 }, token);
      expect(status).toBe(202);
      const seen = await gateway.call('GET', `/api/v1/orders/${body.orderId}`, { token });
      expect(seen.body.status).toBe('PENDING');
      const other = await gateway.call('GET', `/api/v1/orders/${newId()}`, { token });
      expect(other.status).toBe(503);
      expect(other.headers.get('retry-after')).not.toBeNull();
    } finally {
      await services.comeBack('orders-service');
    }
  });
});

describe('cancelling', () => {
  const cancel = (orderId: string, token: string, body?: unknown) =>
    gateway.call('POST', `/api/v1/orders/${orderId}/cancel`, { token, body });

  test('is accepted with and without a reason, for the viewer who asks', async () => {
    const customer = newId();
    const token = gateway.token('customer', customer);
    const { body } = await place({ productId: espresso, quantity: 2 }, token);
    const bare = await cancel(body.orderId, token);
    expect(bare.status).toBe(202);
    const { requestId } = bare.body;
    expect(bare.body).toEqual({ orderId: body.orderId, requestId: expect.any(String), status: 'PENDING' });
    expect((await cancel(body.orderId, token, { reason: 'Changed my mind' })).status).toBe(202);
    await services.caughtUp();
    expect(services.commands('orders.cancel').map(({ data }) => data)).toEqual([
      {
        orderId: body.orderId,
        requestId,
        reason: 'Cancelled by the customer',
        viewer: { accountId: customer, role: 'customer' },
      },
      {
        orderId: body.orderId,
        requestId: expect.any(String),
        reason: 'Changed my mind',
        viewer: { accountId: customer, role: 'customer' },
      },
    ]);
  });

  test('an order that is not there, or ended, is refused; bad bodies are, too', async () => {
    const token = gateway.token('customer');
    expect((await cancel(newId(), token)).status).toBe(404);
    const orderId = newId();
    services.answer('orders.get', () =>
      accept({
        orderId,
        customerId: newId(),
        status: 'REJECTED',
        items: [],
        totalAmount: 0,
        currency: 'EUR',
        refundedAmount: 0,
        createdAt: '2026-01-01T12:00:00.000Z',
        updatedAt: '2026-01-01T12:00:00.000Z',
      }),
    );
    expect((await cancel(orderId, token)).body).toMatchObject({ status: 409, code: 'NOT_CANCELLABLE' });
    expect((await cancel(orderId, token, { reason: '' })).status).toBe(400);
    expect((await cancel(orderId, token, { why: 'x' })).status).toBe(400);
    await services.caughtUp();
    expect(services.commands('orders.cancel')).toHaveLength(0);
  });

  test('is accepted while orders-service is away', async () => {
    await services.goAway('orders-service');
    try {
      const answer = await cancel(newId(), gateway.token('staff'));
      expect(answer.status).toBe(202);
      expect(answer.body).not.toHaveProperty('status');
    } finally {
      await services.comeBack('orders-service');
    }
  });
});

describe('lists and payments', () => {
  const NOON = '2026-01-01T12:00:00.000Z';

  test('a list is asked for with the viewer, the filters in one form and the cursor as it came', async () => {
    services.answer('orders.list', () => accept({ items: [], nextCursor: 'b3BhcXVl' }));
    const customer = newId();
    const query = 'status=CONFIRMED&createdAfter=2026-01-01T00:00:00Z&limit=5&cursor=Y3Vyc29y';
    for (const cacheControl of ['no-cache', 'max-age=0']) {
      const answer = await gateway.call('GET', `/api/v1/orders?${query}`, {
        token: gateway.token('customer', customer),
        headers: { 'cache-control': cacheControl },
      });
      expect(answer.body).toEqual({ items: [], nextCursor: 'b3BhcXVl' });
    }
    const asked = {
      viewer: { accountId: customer, role: 'customer' },
      status: 'CONFIRMED',
      createdAfter: '2026-01-01T00:00:00.000Z',
      limit: 5,
      cursor: 'Y3Vyc29y',
    };
    // What the first one wants anew comes from no standby.
    expect(services.commands('orders.list').map(({ data }) => data)).toEqual([
      { ...asked, anew: true },
      { ...asked, anew: false },
    ]);
  });

  test('payments of another customer’s order are not told', async () => {
    services.answer('payments.listByOrder', () => accept({ items: [] }));
    const path = `/api/v1/orders/${newId()}/payments`;
    expect((await gateway.call('GET', path, { token: gateway.token('customer') })).status).toBe(404);
    expect(services.commands('payments.listByOrder')).toHaveLength(0);
  });

  test('two questions of one request have one deadline', async () => {
    const view = {
      ...{ orderId: newId(), customerId: newId(), status: 'PENDING', items: [], totalAmount: 0 },
      ...{ currency: 'EUR', refundedAmount: 0, createdAt: NOON, updatedAt: NOON },
    };
    services.answerLater('orders.get', (reply) => setTimeout(() => reply(accept(view)), 300));
    services.answer('payments.listByOrder', () => accept({ items: [] }));
    const path = `/api/v1/orders/${view.orderId}/payments`;
    expect((await gateway.call('GET', path, { token: gateway.token('staff') })).status).toBe(200);
    const [first, second] = services.received;
    expect([first?.type, second?.type]).toEqual(['orders.get', 'payments.listByOrder']);
    for (const { expirytime = '' } of [first, second].flatMap((one) => one ?? []))
      expect(Date.parse(expirytime) - Date.parse(first?.time ?? '')).toBeLessThanOrEqual(1_501);
  });

  test('a service that answers what it must not is a 500 without its words, and in the log', async () => {
    services.answer('orders.list', () => accept({ items: 'SELECT * FROM orders' }));
    const answer = await gateway.call('GET', '/api/v1/orders', { token: gateway.token('staff') });
    expect(answer.body).toMatchObject({ status: 500, code: 'INTERNAL' });
    expect(answer.text).not.toMatch(/SELECT|expected|zod/i);
    const { correlationId } = answer.body;
    const line = gateway.log.find((entry) => entry.correlationId === correlationId && entry.level === 50);
    expect(line?.stack).toBeDefined();
  });

  test('a refusal keeps its status, code and words', async () => {
    services.answer('orders.list', () => refuse(400, 'INVALID_CURSOR', 'This cursor is not one of ours.'));
    const answer = await gateway.call('GET', '/api/v1/orders?cursor=x', { token: gateway.token('staff') });
    expect(answer.body).toMatchObject({
      status: 400,
      title: 'Bad Request',
      code: 'INVALID_CURSOR',
      detail: 'This cursor is not one of ours.',
    });
  });
});

// Last, because it leaves the breaker open.
test('while products-service hangs orders are accepted, and after five it is not waited for any longer', async () => {
  let asked = 0;
  services.answer('products.getMany', () => {
    asked++;
    return 'silence';
  });
  for (let orders = 0; orders < 25; orders++)
    expect((await place({ productId: newId(), quantity: 1 })).status).toBe(202);
  // Five find out; now and then one asks whether it is back, and the others don't wait for that.
  expect(asked).toBeGreaterThanOrEqual(5);
  expect(asked).toBeLessThan(25);
  const detailed = await gateway.askAsOperator('/health/detailed');
  expect(detailed.body).toMatchObject({
    status: 'degraded',
    parts: { 'products-service': { status: 'down' } },
  });
  expect((await gateway.call('GET', '/health/ready')).status).toBe(200);

  services.answer('products.getMany', productsOf(productOf));
  await pause(2_100);
  expect((await place({ productId: espresso, quantity: 1 })).status).toBe(202);
  expect((await place({ productId: newId(), quantity: 1 })).status).toBe(422);
});

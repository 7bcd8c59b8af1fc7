import {
  accept,
  derivedId,
  newId,
  PROBLEM_CODES,
  type ProblemCode,
  type Reply,
  refuse,
  secretOf,
} from '@comanda/contracts';
import { sealFor, until } from '@comanda/kit';
import { DATABASE } from '@comanda/service-kit';
import { type Database, statement } from '@comanda/storage';
import { beforeEach, expect, test } from '@jest/globals';
import { notFound, productsOf } from '../../test/fake-services.js';
import { useServicesAndGateway } from '../../test/services-and-gateway.js';

const espresso = '0190a000-0000-7000-8000-000000000001';

/** All but the one that says that the key itself was another request's: it frees the key. */
const CODES = Object.entries(PROBLEM_CODES).filter(([code]) => code !== 'IDEMPOTENCY_KEY_REUSED') as [
  ProblemCode,
  string,
][];

const { services, gateway } = useServicesAndGateway();
beforeEach(() => {
  services.answer('products.getMany', productsOf(product));
  services.answer('orders.bodyHash', notFound('UNKNOWN_ORDER'));
});

const product = (productId = espresso) => ({
  productId,
  sku: 'ESPRESSO',
  name: 'Espresso',
  price: 180,
  currency: 'EUR',
  active: true,
  available: 5,
});
const post = (path: string, key: string, token: string, body: unknown, undescribed = false) =>
  gateway.call('POST', `/api/v1${path}`, { token, body, headers: { 'idempotency-key': key }, undescribed });
const order = { productId: espresso, quantity: 1 };
const orders = () => services.commands('orders.create');

test('the same key with the same body gets the stored answer, and one order', async () => {
  const customer = newId();
  const token = gateway.token('customer', customer);
  const first = await post('/orders', 'key-1', token, order);
  const again = await post('/orders', 'key-1', token, order);
  expect([first.status, again.status]).toEqual([202, 202]);
  expect(again.text).toBe(first.text);
  expect(again.headers.get('location')).toBe(first.headers.get('location'));
  expect(again.headers.get('content-type')).toBe(first.headers.get('content-type'));
  expect(first.headers.get('idempotent-replayed')).toBeNull();
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  expect(again.headers.get('x-correlation-id')).not.toBe(first.headers.get('x-correlation-id'));
  expect(first.body.orderId).toBe(derivedId('default', customer, 'key-1'));
  await services.caughtUp();
  expect(orders()).toHaveLength(1);
});

test('the same key with another body is refused', async () => {
  const token = gateway.token('customer');
  await post('/orders', 'key-1', token, order);
  const other = await post('/orders', 'key-1', token, { ...order, quantity: 2 });
  expect(other.body).toMatchObject({ status: 422, code: 'IDEMPOTENCY_KEY_REUSED' });
});

test('a key belongs to its caller and its route', async () => {
  const [ana, ben] = [gateway.token('customer'), gateway.token('customer')];
  const first = await post('/orders', 'shared', ana, order);
  const second = await post('/orders', 'shared', ben, order);
  expect(second.headers.get('idempotent-replayed')).toBeNull();
  expect(second.body.orderId).not.toBe(first.body.orderId);
  const cancelled = await post(`/orders/${first.body.orderId}/cancel`, 'shared', ana, {});
  expect(cancelled.headers.get('idempotent-replayed')).toBeNull();
  expect(cancelled.status).toBe(202);
});

test('twenty identical requests at once make one command; each is the answer, its replay, or a 409', async () => {
  const token = gateway.token('customer');
  const answers = await Promise.all(Array.from({ length: 20 }, () => post('/orders', 'rush', token, order)));
  const accepted = answers.filter(({ status }) => status === 202);
  const inFlight = answers.filter(({ status }) => status === 409);
  expect(accepted.length + inFlight.length).toBe(20);
  expect(accepted.filter(({ headers }) => headers.get('idempotent-replayed') === null)).toHaveLength(1);
  expect(new Set(accepted.map(({ body }) => body.orderId)).size).toBe(1);
  for (const { headers } of inFlight) expect(headers.get('retry-after')).not.toBeNull();
  await services.caughtUp();
  expect(orders()).toHaveLength(1);
});

test('a request that is still in flight is a 409, until it has its answer', async () => {
  const token = gateway.token('staff');
  const adjust = () =>
    post(`/products/${espresso}/stock-adjustments`, 'slow', token, { delta: 1, reason: 'Found' });
  let replying: ((reply: Reply) => void) | undefined;
  services.answerLater('products.adjustStock', (reply) => {
    replying = reply;
  });
  const first = adjust();
  await until('it is asked', () => replying !== undefined);
  const meanwhile = await adjust();
  expect(meanwhile.body).toMatchObject({ status: 409, code: 'REQUEST_IN_FLIGHT' });
  replying?.(accept(product()));
  expect((await first).status).toBe(200);
  expect((await adjust()).headers.get('idempotent-replayed')).toBe('true');
  expect(services.commands('products.adjustStock')).toHaveLength(1);
});

test.each(CODES)(
  '%s, which %s: kept with its words when it is final, decided anew when it may change',
  async (code, kind) => {
    const token = gateway.token('staff');
    services.answer('products.adjustStock', () => refuse(409, code, 'There are only 3 left.'));
    const adjust = () =>
      post(`/products/${espresso}/stock-adjustments`, code, token, { delta: -9, reason: 'Breakage' }, true);
    const first = await adjust();
    expect(first.body).toMatchObject({ status: 409, code });
    services.answer('products.adjustStock', () => accept(product()));
    const again = await adjust();
    const kept = kind === 'final';
    expect(again.status).toBe(kept ? 409 : 200);
    expect(again.text === first.text).toBe(kept);
    expect(again.headers.get('idempotent-replayed')).toBe(kept ? 'true' : null);
    if (kept) expect(again.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(services.commands('products.adjustStock')).toHaveLength(kept ? 1 : 2);
    // What was done at last stays done.
    expect((await adjust()).text).toBe(again.text);
    expect(services.commands('products.adjustStock')).toHaveLength(kept ? 1 : 2);
  },
);

test('what was not valid frees the key; what failed on our side leaves it to the same request alone', async () => {
  const token = gateway.token('staff');
  const create = (body: object) => post('/products', 'again', token, body);
  const body = { sku: 'TEA', name: 'Tea', price: 200, currency: 'EUR' };
  expect((await create({ ...body, price: -1 })).status).toBe(400);
  services.answer('products.create', () => refuse(500, 'NOT_HANDLED', 'The command could not be handled.'));
  expect((await create(body)).status).toBe(500);
  const other = await create({ ...body, price: 300 });
  expect(other.body).toMatchObject({ status: 422, code: 'IDEMPOTENCY_KEY_REUSED' });
  services.answer('products.create', ({ data }) =>
    accept(product((data as { productId: string }).productId)),
  );
  const made = await create(body);
  expect(made.status).toBe(201);
  expect(made.headers.get('location')).toBe(`/api/v1/products/${made.body.productId}`);
  // Both tries named the same product, so that the first one, had it been carried out, could not have made another.
  const ids = services.commands('products.create').map(({ subject }) => subject);
  expect(ids).toEqual([made.body.productId, made.body.productId]);
});

test('an adjustment of stock is the same one when it is asked for again, and another one under another key', async () => {
  const token = gateway.token('staff');
  services.answer('products.adjustStock', () => refuse(503, 'SERVICE_UNAVAILABLE', 'Its answer got lost.'));
  const adjust = (key: string) =>
    post(`/products/${espresso}/stock-adjustments`, key, token, { delta: 1, reason: 'Found' });
  expect((await adjust('one')).status).toBe(503);
  services.answer('products.adjustStock', () => accept(product()));
  expect((await adjust('one')).status).toBe(200);
  expect((await adjust('two')).status).toBe(200);
  const [first, again, other] = services
    .commands('products.adjustStock')
    .map(({ data }) => (data as { adjustmentId: string }).adjustmentId);
  expect(again).toBe(first);
  expect(other).not.toBe(first);
});

test('the secret of a subscription is shown once, also to a repeated request', async () => {
  const token = gateway.token('staff');
  services.answer('webhooks.checkTarget', () => accept({ target: 'https://example.org/hook' }));
  services.answer('webhooks.createSubscription', ({ subject, tenantid, data }) =>
    accept({
      subscriptionId: subject,
      channel: 'webhook',
      target: 'https://example.org/hook',
      eventTypes: ['order.*'],
      enabled: true,
      createdAt: '2026-01-01T12:00:00.000Z',
      sealedSecret: sealFor(
        (data as { answerKey: string }).answerKey,
        'whsec_bm90IGEgc2VjcmV0',
        secretOf(tenantid, subject),
        Buffer.alloc(32, 1),
      ),
    }),
  );
  const body = { channel: 'webhook', target: 'https://example.org/hook', eventTypes: ['order.*'] };
  const first = await post('/subscriptions', 'sub', token, body);
  const again = await post('/subscriptions', 'sub', token, body);
  expect(first.body.secret).toBe('whsec_bm90IGEgc2VjcmV0');
  const { secret: _, ...rest } = first.body;
  expect(again.body).toEqual(rest);
});

test('while the database is busy a request with a key is a 503 in time, the others go on, and nothing of it was begun', async () => {
  const customer = newId();
  const token = gateway.token('customer', customer);
  // So that the account is known to be open.
  expect((await gateway.call('POST', '/api/v1/orders', { token, body: order })).status).toBe(202);
  await services.caughtUp();
  services.received.length = 0;
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const key = 'while-it-is-busy';
  const holding = gateway.app.get<Database>(DATABASE).transaction(
    async (sql) => {
      // SQLite lets nobody else write now, PostgreSQL nobody else enter this key.
      await sql.run(
        statement(`INSERT INTO idempotency_keys (tenant_id, caller, route, key, body_hash, status, created_at)
          VALUES ('default', '${customer}', 'POST /api/v1/orders', '${key}', 'another', 'in-flight', 'now')`),
      );
      begun.resolve();
      await ended.promise;
      throw new Error('rolled back, as the test wants it');
    },
    ['default'],
  );
  await begun.promise;
  const keyed = post('/orders', key, token, order);
  expect((await gateway.call('POST', '/api/v1/orders', { token, body: order })).status).toBe(202);
  const busy = await keyed;
  expect(busy.body).toMatchObject({ status: 503, code: 'SERVICE_UNAVAILABLE' });
  expect(busy.headers.get('retry-after')).toMatch(/^\d+$/);
  ended.resolve();
  await expect(holding).rejects.toThrow('as the test wants it');

  // Its claim came through after all, too late; until it is given back the key counts as in flight.
  await until(
    'the key is free for it',
    async () => (await post('/orders', key, token, order)).status !== 409,
  );
  const again = await post('/orders', key, token, order);
  expect(again.status).toBe(202);
  await services.caughtUp();
  expect(orders().filter(({ subject }) => subject === again.body.orderId)).toHaveLength(1);
  expect(orders()).toHaveLength(2);
});

test.each([['k'.repeat(256)], ['cl\u00e9'], ['']])('a malformed key is a 400: %s', async (key) => {
  const answer = await post('/orders', key, gateway.token('customer'), order);
  expect(answer.body).toMatchObject({ status: 400, code: 'INVALID_IDEMPOTENCY_KEY' });
});

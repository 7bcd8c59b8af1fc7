import { accept, type Envelope, newId, type OrderView, smallestIdOf } from '@comanda/contracts';
import { until } from '@comanda/kit';
import { type RedisServer, startRedis } from '@comanda/local-infra';
import { Folder, rabbitUrl } from '@comanda/test-kit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { clearQueues, FakeServices, notFound, productsOf } from '../../test/fake-services.js';
import { useTwoGateways } from '../../test/two-gateways.js';

const espresso = '0190a000-0000-7000-8000-000000000001';
const READS = 200;
const CUSTOMERS = 10;

const folder = new Folder();
const services = new FakeServices();
const environment: Record<string, string> = {};
let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis({ directory: folder.path });
  Object.assign(environment, { RABBITMQ_URL: rabbitUrl(), REDIS_URL: redis.url, REDIS_PREFIX: 'shop:' });
  await clearQueues(rabbitUrl());
  await services.connect(rabbitUrl());
});
const { one, other, call, callOther, makeTenant } = useTwoGateways(environment);
beforeAll(async () => {
  await one.connected();
  await other.connected();
});
afterAll(async () => {
  await services.close();
  await redis?.discard();
  folder.remove();
});

/** How far orders-service is behind with the orders that it is to take; it answers questions all the same. */
let behindMs = 0;
const known = new Map<string, { readonly view: OrderView; readonly since: number }>();
beforeEach(() => {
  behindMs = 0;
  services.received.length = 0;
  services.answer(
    'products.getMany',
    productsOf((productId) => ({
      ...{ productId, sku: 'X', name: 'X', price: 180, currency: 'EUR' },
      ...{ active: true, available: 5 },
    })),
  );
  services.answer('orders.bodyHash', notFound('UNKNOWN_ORDER'));
  services.answer('orders.create', (envelope) => {
    known.set(envelope.subject ?? '', { view: viewOf(envelope), since: Date.now() + behindMs });
    return 'silence';
  });
  services.answer('orders.get', ({ subject }) => {
    const order = known.get(subject ?? '');
    return order && order.since <= Date.now() ? accept(order.view) : notFound('UNKNOWN_ORDER')();
  });
  for (const type of ['orders.timeline', 'orders.listRefundRequests'])
    services.answer(type, ({ subject }) => {
      const order = known.get(subject ?? '');
      return order && order.since <= Date.now() ? accept({ items: [] }) : notFound('UNKNOWN_ORDER')();
    });
  for (const type of ['payments.listByOrder', 'payments.listRefundsByOrder', 'notifications.list'])
    services.answer(type, () => accept({ items: [] }));
});

function viewOf({ subject: orderId = '', data, time }: Envelope): OrderView {
  const { customerId } = data as { customerId: string };
  return {
    ...{ orderId, customerId, status: 'PENDING', items: [], totalAmount: 360, currency: 'EUR' },
    ...{ refundedAmount: 0, createdAt: time, updatedAt: time },
  };
}
async function place(token: string, headers: Record<string, string> = {}): Promise<string> {
  const body = { productId: espresso, quantity: 2 };
  const placed = await call('POST', '/orders', { token, body, headers });
  expect(placed.status).toBe(202);
  return placed.body.orderId;
}

/** How reads of so many orders at the other gateway right after their 202s are answered. */
async function readsRightAfter(count: number): Promise<Map<number, number>> {
  const statuses = new Map<number, number>();
  const customer = async () => {
    const token = one.token('customer');
    for (let at = 0; at < count / CUSTOMERS; at++) {
      // Behind an edge every order has a key; its id does not tell its age.
      const orderId = await place(token, at % 2 === 0 ? {} : { 'idempotency-key': newId() });
      const { status } = await callOther('GET', `/orders/${orderId}`, { token });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: CUSTOMERS }, customer));
  return statuses;
}
describe('an order that one gateway has accepted', () => {
  test('is found by the other right after its 202, each of hundreds', async () => {
    expect(await readsRightAfter(READS)).toEqual(new Map([[200, READS]]));
  });

  test('is found while orders-service is behind, by each route that is about it', async () => {
    behindMs = 3_600_000;
    expect(await readsRightAfter(READS)).toEqual(new Map([[200, READS]]));

    const token = one.token('customer');
    const orderId = await place(token);
    const { body } = await callOther('GET', `/orders/${orderId}`, { token });
    expect(body).toMatchObject({ orderId, status: 'PENDING', totalAmount: 360, currency: 'EUR' });
    expect(await call('GET', `/orders/${orderId}`, { token })).toMatchObject({ status: 200, body });
    for (const route of ['status', 'timeline', 'payments', 'refunds', 'notifications'])
      expect([route, (await callOther('GET', `/orders/${orderId}/${route}`, { token })).status]).toEqual([
        route,
        200,
      ]);
    const stream = await other.stream(`/api/v1/orders/${orderId}/stream`, token);
    expect(stream.status).toBe(200);
    await stream.close();
    // Another customer and another shop do not see it, at either of them.
    await makeTenant('elsewhere');
    for (const [status, stranger] of [
      [200, one.token('staff')],
      [404, one.token('customer')],
      [404, one.token('staff', { tenantId: 'elsewhere' })],
    ] as const)
      for (const ask of [call, callOther])
        expect((await ask('GET', `/orders/${orderId}`, { token: stranger })).status).toBe(status);
    const cancelled = await callOther('POST', `/orders/${orderId}/cancel`, { token });
    expect(cancelled).toMatchObject({ status: 202, body: { orderId, status: 'PENDING' } });
    await services.caughtUp();
    expect(services.commands('orders.cancel')).toHaveLength(1);
  });

  test('is kept in Redis for a minute', async () => {
    behindMs = 3_600_000;
    const orderId = await place(one.token('customer'));
    const key = `shop:accepted:default:${orderId}`;
    const cli = (...words: string[]) => redis.exec('redis-cli', '-p', String(redis.port), ...words);
    await until('Redis has it', async () => (await cli('EXISTS', key)).trim() === '1');
    const seconds = Number(await cli('TTL', key));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(60);
  });
});

describe('an order that nobody knows', () => {
  const asked = () => services.commands('orders.get').length;

  test('is a 404 after one question when its id is old, or none of ours', async () => {
    const token = one.token('customer');
    const old = smallestIdOf(Date.now() - 61_000);
    for (const [at, id] of [old, '7f9c24e8-3b12-4fef-91e0-d1f5a1f2c3b4'].entries()) {
      expect((await call('GET', `/orders/${id}`, { token })).status).toBe(404);
      expect(asked()).toBe(at + 1);
    }
  });

  test('is a 404 after a second question when it may be young', async () => {
    const token = one.token('customer');
    expect((await call('GET', `/orders/${newId()}`, { token })).status).toBe(404);
    expect(asked()).toBe(2);
  });
});

describe('while Redis is away', () => {
  beforeAll(async () => {
    await redis.stop();
  });

  test('an order is found right after its 202, each of hundreds', async () => {
    expect(await readsRightAfter(READS)).toEqual(new Map([[200, READS]]));
  });

  test('an order is found that orders-service comes to a moment later', async () => {
    behindMs = 300;
    const token = one.token('customer');
    const orderId = await place(token);
    expect((await callOther('GET', `/orders/${orderId}`, { token })).status).toBe(200);
    expect(services.commands('orders.get').length).toBeGreaterThan(1);
  });

  test('an order that nobody knows is a 404 after a few questions, and after one when its id is old', async () => {
    const token = one.token('customer');
    expect((await call('GET', `/orders/${newId()}`, { token })).status).toBe(404);
    const questions = services.commands('orders.get').length;
    expect(questions).toBeGreaterThan(2);
    expect(questions).toBeLessThanOrEqual(6);
    services.received.length = 0;
    expect((await call('GET', `/orders/${smallestIdOf(Date.now() - 61_000)}`, { token })).status).toBe(404);
    expect(services.commands('orders.get')).toHaveLength(1);
  });
});

import { once } from 'node:events';
import { connect } from 'node:net';
import {
  accept,
  DeliveryFailed,
  type EventType,
  GetOrder,
  newId,
  OrderCancelled,
  OrderConfirmed,
  OrderCreated,
  PaymentRefunded,
  StockChanged,
  StockCommitted,
  StockReserved,
  SubscriptionDisabled,
} from '@comanda/contracts';
import { until, withTimeout } from '@comanda/kit';
import {
  anEnvelope,
  type EventReader,
  RawBroker,
  rabbitmqctl,
  rabbitUrl,
  redisUrl,
  vhost,
} from '@comanda/test-kit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { notFound } from '../../test/fake-services.js';
import { GatewayUnderTest } from '../../test/gateway-under-test.js';
import { useServicesAndGateway } from '../../test/services-and-gateway.js';
import { Accounts } from '../accounts/accounts.js';

const environment = { REDIS_URL: redisUrl(), REDIS_PREFIX: `live-${newId()}:` };
const both = useServicesAndGateway(environment);
const other = new GatewayUnderTest();
let broker: RawBroker;
beforeAll(async () => {
  await other.start({ ...environment, RABBITMQ_URL: rabbitUrl() });
  broker = await RawBroker.open(rabbitUrl());
  await other.connected();
  both.services.answer('orders.timeline', ({ data }) => {
    const items = timelines.get((data as { orderId: string }).orderId);
    return items ? accept({ items }) : notFound('UNKNOWN_ORDER')();
  });
  both.services.answer('orders.get', ({ data }) => {
    const order = views.get((data as { orderId: string }).orderId);
    return order ? accept(order) : notFound('UNKNOWN_ORDER')();
  });
  // Both listen from the first test on.
  for (const gateway of [both.gateway, other]) await listening(gateway);
});
const readers: EventReader[] = [];
afterEach(async () => {
  for (const reader of readers.splice(0)) await reader.close();
});
afterAll(async () => {
  await broker?.close();
  await other.close();
});

interface Step {
  readonly messageId: string;
  readonly type: string;
}
const timelines = new Map<string, Step[]>();
const views = new Map<string, object>();

const LIVE = '/api/v1/live?topics=';
const ALL = `${LIVE}orders,products,webhooks`;

async function open(
  gateway: GatewayUnderTest,
  path: string,
  token: string | undefined,
  headers: Record<string, string> = {},
): Promise<EventReader> {
  const reader = await gateway.stream(path, token, headers);
  readers.push(reader);
  return reader;
}

/** Until a gateway hears what is published. */
async function listening(gateway: GatewayUnderTest): Promise<void> {
  const reader = await gateway.stream(`${LIVE}products`, gateway.token('staff'));
  await until('events are heard', async () => {
    await publish(
      event(StockChanged, { productId: newId(), available: 1, reserved: 0, delta: 1, reason: 'x' }),
    );
    return reader.of('STOCK_CHANGED').length > 0;
  });
  await reader.close();
}

function event(type: EventType, data: object, more: object = {}) {
  const example = type.example as { orderId?: string };
  return anEnvelope(type, {
    subject: newId(),
    source: type.publisher,
    sequence: 1,
    data: { ...example, ...data },
    ...more,
  });
}

const publish = (...envelopes: ReturnType<typeof event>[]) =>
  broker.publish(
    envelopes.map((envelope) => ({
      id: envelope.id,
      type: envelope.type,
      body: Buffer.from(JSON.stringify(envelope)),
    })),
  );

const productId = newId();
const stockOf = (id: string, more: object = {}) =>
  event(StockChanged, { productId: id, available: 1, reserved: 0, delta: 1, reason: 'x' }, more);
/** Publishes a change of a product of its own, and waits for it: all that was published before it has come, or never will. */
async function marked(...streams: readonly EventReader[]): Promise<void> {
  const marker = newId();
  await publish(stockOf(marker));
  await until('the marker has come', () =>
    streams.every((stream) =>
      stream.of('STOCK_CHANGED').some(({ productIds }) => productIds.includes(marker)),
    ),
  );
}

const staff = (more = {}) => both.gateway.token('staff', more);

describe('live changes', () => {
  test('are told as they happen, by topic and tenant, from each instance', async () => {
    const [all, orders, elsewhere] = [
      await open(both.gateway, ALL, staff()),
      await open(other, `${LIVE}orders,products`, staff()),
      await open(both.gateway, ALL, staff({ tenantId: 'elsewhere' })),
    ];
    expect(all.status).toBe(200);
    expect(Object.fromEntries(all.headers)).toMatchObject({
      'content-type': expect.stringContaining('text/event-stream'),
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    });
    const [orderId, foreign, time] = [newId(), newId(), '2026-01-01T12:00:00.000Z'];
    const subscriptionId = newId();
    await publish(
      event(OrderCreated, { orderId, totalAmount: 360, currency: 'EUR' }, { time }),
      event(OrderCreated, { orderId: foreign }, { tenantid: 'elsewhere' }),
      event(SubscriptionDisabled, { subscriptionId }),
    );
    await until('the order is told', () => orders.of('ORDER_UPDATED').length === 1);
    await publish(
      event(
        StockReserved,
        { orderId, amount: 360, currency: 'EUR', items: [{ productId, quantity: 2 }] },
        { time },
      ),
      event(DeliveryFailed, { subscriptionId, deliveryId: orderId }),
    );
    await marked(all, orders);
    const update = { orderId, totalAmount: 360, currency: 'EUR', updatedAt: time };
    for (const stream of [all, orders])
      expect(stream.of('ORDER_UPDATED')).toEqual([
        { ...update, status: 'PENDING' },
        { ...update, status: 'AWAITING_PAYMENT' },
      ]);
    expect(all.of('STOCK_CHANGED').flatMap(({ productIds }) => productIds)).toContain(productId);
    expect(all.of('SUBSCRIPTION_UPDATED')).toEqual([{ subscriptionId }]);
    expect(all.of('DELIVERY_FAILED')).toEqual([{ subscriptionId, deliveryId: orderId }]);
    expect(new Set(orders.events.map((one) => one.event))).toEqual(
      new Set(['READY', 'ORDER_UPDATED', 'STOCK_CHANGED']),
    );
    await until('the other tenant hears its own', () => elsewhere.events.length > 1);
    expect(elsewhere.events.map((one) => [one.event, one.data.orderId])).toEqual([
      ['READY', undefined],
      ['ORDER_UPDATED', foreign],
    ]);
  });

  test('of an order, which its event does not tell, are asked for once the order has changed', async () => {
    const [orderId, tenantid] = [newId(), 'asking'];
    const asking = { tenantId: tenantid };
    const view = (more: object) => ({
      ...{ orderId, customerId: newId(), items: [], totalAmount: 500, currency: 'EUR', refundedAmount: 0 },
      ...{ createdAt: '2026-01-01T12:00:00.000Z', ...more },
    });
    const [before, after] = ['2026-01-01T12:00:00.000Z', '2026-01-01T12:00:05.000Z'];
    views.set(orderId, view({ status: 'CANCELLED', updatedAt: before }));
    const stream = await open(both.gateway, ALL, staff(asking));
    const atOther = await open(other, ALL, staff(asking));
    await publish(event(OrderCancelled, { orderId }, { tenantid }));
    await until('it is told', () => stream.of('ORDER_UPDATED').length === 1);
    let asked = 0;
    both.services.answer(GetOrder.type, () => {
      asked++;
      return accept(view({ status: 'CANCELLED', updatedAt: asked < 3 ? before : after }));
    });
    await publish(event(PaymentRefunded, { orderId }, { tenantid, time: after }));
    await until('it is told again', () => stream.of('ORDER_UPDATED').length === 2);
    expect(stream.of('ORDER_UPDATED').map(({ updatedAt }) => updatedAt)).toEqual([before, after]);
    expect(stream.of('ORDER_UPDATED')[1]).toEqual({
      ...{ orderId, status: 'CANCELLED', totalAmount: 500, currency: 'EUR', updatedAt: after },
    });
    // A dispute of an order that nobody knows: what has changed can't be said.
    both.services.answer(GetOrder.type, notFound('UNKNOWN_ORDER'));
    await publish(event(OrderCancelled, { orderId: newId() }, { tenantid }));
    await until('it is to be fetched', () =>
      [stream, atOther].every((one) => one.of('REFETCH').length === 1),
    );
  });

  test('that were missed follow when a client comes back, at any instance; else it is told to fetch anew', async () => {
    const ids = Array.from({ length: 4 }, () => newId());
    const stream = await open(both.gateway, ALL, staff());
    await publish(stockOf(ids[0] ?? ''));
    await until('the first one is told', () => stream.of('STOCK_CHANGED').length === 1);
    await stream.close();
    for (const id of ids.slice(1)) await publish(stockOf(id));
    const missed = (reader: EventReader) =>
      reader.of('STOCK_CHANGED').flatMap(({ productIds }) => productIds);
    for (const gateway of [both.gateway, other])
      for (const byHeader of [true, false]) {
        const again = await open(
          gateway,
          byHeader ? ALL : `${ALL}&lastEventId=${stream.lastId}`,
          staff(),
          byHeader ? { 'last-event-id': stream.lastId ?? '' } : {},
        );
        await until('the missed ones come', () => missed(again).length >= 3);
        await marked(again);
        expect(missed(again).slice(0, 3)).toEqual(ids.slice(1));
        expect(again.of('REFETCH')).toEqual([]);
      }
    for (const unknown of ['nonsense', `abcdefgh.1.${newId()}-0`]) {
      const again = await open(other, ALL, staff(), { 'last-event-id': unknown });
      await until('it hears something', () => again.events.length > 0);
      expect(again.events.map((one) => one.event)).toEqual(['REFETCH']);
      // From there on nothing is missed.
      await again.close();
      await publish(stockOf(ids[3] ?? ''));
      const third = await open(other, ALL, staff(), { 'last-event-id': again.lastId ?? '' });
      await until('it follows', () => missed(third).length > 0);
      expect(missed(third)).toEqual([ids[3]]);
    }
  });

  test('beyond a hundred a second wait, and the newest of an order is told', async () => {
    const stream = await open(both.gateway, ALL, staff());
    await marked(stream);
    const orders = Array.from({ length: 120 }, () => newId());
    const updates = () => stream.of('ORDER_UPDATED');
    const began = Date.now();
    const time = (at: number) => new Date(began + at).toISOString();
    await publish(...orders.map((orderId) => event(OrderCreated, { orderId }, { time: time(0) })));
    await publish(...orders.map((orderId) => event(OrderConfirmed, { orderId }, { time: time(1) })));
    await until('each order is told as confirmed', () =>
      orders.every((id) => updates().some(({ orderId, status }) => orderId === id && status === 'CONFIRMED')),
    );
    const took = Date.now() - began;
    expect(updates().length).toBeLessThanOrEqual(100 * (1 + took / 1_000));
    expect(took).toBeGreaterThan(1_000);
  });

  test('may have been missed when the broker was lost: all are told to fetch anew, and hear again', async () => {
    const stream = await open(both.gateway, ALL, staff());
    await marked(stream);
    await rabbitmqctl('close_all_connections', '-p', vhost(), 'as a test');
    await until('it is told', () => stream.of('REFETCH').length > 0, { timeoutMs: 15_000 });
    broker = await RawBroker.open(rabbitUrl());
    await both.services.connect(rabbitUrl());
    await marked(stream);
  });
});

describe('a stream', () => {
  test('is for staff with the scope of each topic, and for topics that there are', async () => {
    const refused = async (path: string, token: string | undefined) => {
      const { status, body } = await both.gateway.call('GET', path, { token });
      return `${status} ${body.code}`;
    };
    expect(await refused(ALL, undefined)).toBe('401 TOKEN_MISSING');
    expect(await refused(ALL, 'nonsense')).toBe('401 TOKEN_INVALID');
    expect(await refused(ALL, both.gateway.token('customer'))).toBe('403 FORBIDDEN');
    expect(await refused(ALL, staff({ scopes: ['orders:read', 'products:read'] }))).toBe('403 SCOPE_MISSING');
    for (const wrong of ['/api/v1/live', LIVE, `${LIVE}orders,secrets`, `${ALL}&more=1`])
      expect(await refused(wrong, staff())).toBe('400 INVALID_REQUEST');
    const some = await open(both.gateway, `${LIVE}orders`, staff({ scopes: ['orders:read'] }));
    expect(some.status).toBe(200);
  });

  test('ends when its token does, or its account is closed', async () => {
    const accountId = newId();
    const stream = await open(both.gateway, ALL, staff({ expiresIn: 2 }));
    expect(stream.over).toBe(false);
    await until('the token is over', () => stream.over, { timeoutMs: 10_000 });
    const closed = await open(other, ALL, staff({ accountId, expiresIn: 600 }));
    const accounts = await other.app.get(Accounts).list('default');
    const account = accounts.find((one) => one.accountId === accountId);
    if (account) await other.app.get(Accounts).close(account, new Date().toISOString());
    const now = Date.now;
    Date.now = () => now() + 31_000;
    try {
      await until('the account is closed', () => closed.over, { timeoutMs: 10_000 });
    } finally {
      Date.now = now;
    }
  });

  test('is one of twenty of a caller, at all instances together; the others do not count, and one that ends makes room', async () => {
    const token = staff();
    const streams = [];
    for (let at = 0; at < 20; at++) streams.push(await open(at < 12 ? both.gateway : other, ALL, token));
    for (const gateway of [both.gateway, other]) {
      const { status, body, headers } = await gateway.call('GET', ALL, { token });
      expect(`${status} ${body.code}`).toBe('429 TOO_MANY_STREAMS');
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect((await open(both.gateway, ALL, staff())).status).toBe(200);
    await streams[0]?.close();
    await until('there is room again', async () => (await open(other, ALL, token)).status === 200);
    expect((await both.gateway.call('GET', ALL, { token })).status).toBe(429);
    expect((await both.gateway.call('HEAD', ALL, { token: staff() })).status).toBe(200);
  });

  test('is one line in the log when it ends, whoever ended it', async () => {
    const lines = (id: string) => both.gateway.log.filter(({ correlationId }) => correlationId === id);
    const named = (id: string, more = {}) => open(both.gateway, ALL, staff(more), { 'x-correlation-id': id });
    await (await named('gone')).close();
    await until('the client’s end is logged', () => lines('gone').length > 0);
    const over = await named('over', { expiresIn: 1 });
    expect(lines('over')).toEqual([]);
    await over.ended;
    await until('our end is logged', () => lines('over').length > 0);
    for (const id of ['gone', 'over'])
      expect(lines(id)).toEqual([expect.objectContaining({ path: '/api/v1/live', status: 200 })]);
  });
});

describe('a ticket', () => {
  const get = (gateway: GatewayUnderTest, token: string) =>
    gateway.call('POST', '/api/v1/live/tickets', { token });

  test('opens one stream, at any instance, as who asked for it, and stands in no log', async () => {
    const token = staff();
    await other.call('GET', '/api/v1/event-types', { token });
    const { status, body } = await get(both.gateway, token);
    expect([status, body.expiresIn]).toEqual([201, 30]);
    const path = `${ALL}&ticket=${body.ticket}`;
    const stream = await open(other, path, undefined);
    expect(stream.status).toBe(200);
    await marked(stream);
    for (const gateway of [other, both.gateway]) {
      const again = await gateway.call('GET', path);
      expect(`${again.status} ${again.body.code}`).toBe('401 TICKET_INVALID');
    }
    expect((await other.call('GET', `${ALL}&ticket=nonsense`)).body.code).toBe('TICKET_INVALID');
    // It is no token, and other routes don't take it.
    expect((await other.call('GET', '/api/v1/orders?ticket=x', {})).status).toBe(401);
    expect(
      (await other.call('GET', ALL, { headers: { authorization: `Bearer ${body.ticket}` } })).status,
    ).toBe(401);
    await stream.close();
    expect(JSON.stringify([both.gateway.log, other.log])).not.toContain(body.ticket);
  });

  test('gives no more than its token: its scopes, and its time', async () => {
    const few = await get(both.gateway, staff({ scopes: ['orders:read'] }));
    expect((await both.gateway.call('GET', `${ALL}&ticket=${few.body.ticket}`)).status).toBe(403);
    const short = await get(both.gateway, staff({ expiresIn: 2 }));
    const stream = await open(both.gateway, `${ALL}&ticket=${short.body.ticket}`, undefined);
    expect(stream.status).toBe(200);
    await until('the token is over', () => stream.over, { timeoutMs: 10_000 });
  });

  test('is not to be had without Redis, and streams are', async () => {
    const alone = await GatewayUnderTest.start({ RABBITMQ_URL: rabbitUrl() });
    try {
      expect((await get(alone, staff())).status).toBe(503);
      expect((await alone.call('GET', `${ALL}&ticket=${'a'.repeat(43)}`)).status).toBe(503);
      expect((await open(alone, ALL, staff())).status).toBe(200);
    } finally {
      await alone.close();
    }
  });
});

describe('the stream of an order', () => {
  const pathOf = (orderId: string) => `/api/v1/orders/${orderId}/stream`;
  const step = (type: string, messageId = newId()) => ({
    ...{ at: '2026-01-01T12:00:00.000Z', service: 'orders-service', type, messageId, detail: {} },
  });
  const sent = (reader: EventReader) => reader.of('step').map(({ messageId }) => messageId);

  test('sends its steps as they come, in the order of the timeline, and ends when nothing can follow', async () => {
    const orderId = newId();
    const steps = ['orders.create', 'order.created', 'product.stockReserved', 'order.confirmed'].map((type) =>
      step(type),
    );
    const late = step('product.stockCommitted');
    const cancelled = step('order.cancelled');
    timelines.set(orderId, steps.slice(0, 2));
    const customer = both.gateway.token('customer');
    const stream = await open(both.gateway, pathOf(orderId), customer);
    const atOther = await open(other, pathOf(orderId), customer);
    const come = (count: number) =>
      until(`${count} steps have come`, () => [stream, atOther].every((one) => sent(one).length === count));
    await come(2);
    timelines.set(orderId, steps);
    await publish(event(OrderConfirmed, { orderId }, { id: steps[3]?.messageId }));
    await come(4);
    // It is heard here before orders-service has noted it.
    await publish(event(StockCommitted, { orderId }, { id: late.messageId }));
    timelines.set(orderId, [...steps, late]);
    await come(5);
    await atOther.close();
    timelines.set(orderId, [...steps, late, cancelled]);
    await publish(event(OrderCancelled, { orderId }, { id: cancelled.messageId }));
    await stream.ended;
    expect(sent(stream)).toEqual([...steps, late, cancelled].map(({ messageId }) => messageId));
    expect(stream.of('step')[0]).toEqual(steps[0]);
    expect(stream.events.at(-1)).toMatchObject({ event: 'end', data: { status: 'CANCELLED' } });
    const back = (gateway: GatewayUnderTest, id: string) =>
      open(gateway, pathOf(orderId), customer, { 'last-event-id': id });
    const again = await back(both.gateway, atOther.lastId ?? '');
    await again.ended;
    expect(sent(again)).toEqual([cancelled.messageId]);
    expect((await back(other, cancelled.messageId)).status).toBe(204);
    expect(sent(await back(other, 'nonsense')).length).toBeGreaterThanOrEqual(0);
  });

  test('of another customer, of another tenant, or of none, is not there', async () => {
    const { status, body } = await both.gateway.call('GET', pathOf(newId()), {
      token: both.gateway.token('customer'),
    });
    expect(`${status} ${body.code}`).toBe('404 UNKNOWN_ORDER');
  });

  test('so old that its timeline was removed ends at once', async () => {
    const orderId = newId();
    timelines.set(orderId, []);
    both.services.answer(GetOrder.type, () =>
      accept({
        ...{ orderId, customerId: newId(), status: 'FULFILLED', items: [], totalAmount: 1, currency: 'EUR' },
        ...{
          refundedAmount: 0,
          createdAt: '2026-01-01T12:00:00.000Z',
          updatedAt: '2026-01-01T12:00:00.000Z',
        },
      }),
    );
    const stream = await open(both.gateway, pathOf(orderId), staff());
    await stream.ended;
    expect(stream.events.map((one) => one.event)).toEqual(['end']);
  });
});

describe('the queue of an instance', () => {
  const queues = async () =>
    (
      await rabbitmqctl(
        'list_queues',
        '-p',
        vhost(),
        '--silent',
        'name',
        'exclusive',
        'auto_delete',
        'durable',
      )
    )
      .split('\n')
      .filter((line) => /^api-gateway\.live\.[0-9a-f-]+\s/.test(line))
      .map((line) => line.split(/\s+/).slice(1).join(' '));

  test('is its own, and goes with it; its streams are ended before, and no client keeps the gateway from ending', async () => {
    const before = await queues();
    expect(new Set(before)).toEqual(new Set(['true true false']));
    const third = await GatewayUnderTest.start({ ...environment, RABBITMQ_URL: rabbitUrl() });
    await listening(third);
    expect(await queues()).toHaveLength(before.length + 1);
    const stream = await open(third, ALL, staff());
    const unused = connect(Number(new URL(third.url).port), '127.0.0.1');
    await once(unused, 'connect');
    try {
      const closing = withTimeout(third.close(), 10_000, 'stopping');
      await stream.ended;
      await closing;
    } finally {
      unused.destroy();
    }
    expect(await queues()).toHaveLength(before.length);
  });
});

test('an instance that takes leave says so, goes on for its delay, and ends its streams last', async () => {
  const leaving = await GatewayUnderTest.start({
    ...environment,
    RABBITMQ_URL: rabbitUrl(),
    SHUTDOWN_DELAY_SECONDS: '3',
  });
  await listening(leaving);
  const token = staff();
  const stream = await open(leaving, ALL, token);
  expect((await leaving.call('GET', '/health/ready')).body.info.instance).toEqual({ status: 'up' });
  expect((await leaving.call('GET', '/health/live')).headers.get('connection')).toBe('keep-alive');

  let closed = false;
  const closing = leaving.close().then(() => {
    closed = true;
  });
  await until('it is not ready', async () => (await leaving.call('GET', '/health/ready')).status === 503);
  const { body } = await leaving.askAsOperator('/health/ready');
  expect(body.error).toEqual({ instance: { status: 'down' } });
  // It serves as before, an answer a connection: also a refusal, and a stream that begins.
  for (const path of ['/health/live', '/api/v1/event-types', '/nowhere'])
    expect((await leaving.call('GET', path, { token, undescribed: true })).headers.get('connection')).toBe(
      'close',
    );
  const late = await open(leaving, ALL, token);
  expect([late.status, late.over, stream.over, closed]).toEqual([200, false, false, false]);

  await Promise.all([stream.ended, late.ended, closing]);
});

import { setTimeout as pause } from 'node:timers/promises';
import {
  accept,
  type Envelope,
  type EventType,
  headersOf,
  newId,
  OrderCreated,
  ProductUpdated,
  refuse,
  secretOf,
} from '@comanda/contracts';
import { OpeningKey, sealFor, withTimeout } from '@comanda/kit';
import { anEnvelope, RawBroker, rabbitUrl } from '@comanda/test-kit';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { notFound } from '../../test/fake-services.js';
import { GatewayUnderTest } from '../../test/gateway-under-test.js';
import { useServicesAndGateway } from '../../test/services-and-gateway.js';

const { services, gateway } = useServicesAndGateway();
let staff: string;
const staffId = newId();
beforeAll(() => {
  staff = gateway.token('staff', staffId);
});

const call = (method: string, path: string, body?: unknown, token?: string) =>
  gateway.call(method, `/api/v1${path}`, { body, token });
const productId = newId();
const product = {
  productId,
  sku: 'TEA',
  name: 'Tea',
  price: 200,
  currency: 'EUR',
  active: true,
  available: 3,
};

describe('products', () => {
  test('are for everybody to see, in the tenant of their token', async () => {
    services.answer('products.list', () => accept({ items: [product], nextCursor: null }));
    expect((await call('GET', '/products?q=te&active=true&limit=100')).body).toEqual({
      items: [product],
      nextCursor: null,
    });
    const elsewhere = gateway.jwt.sign(
      { role: 'customer', tenantId: 'north' },
      { subject: newId(), expiresIn: 60 },
    );
    await call('GET', '/products', undefined, elsewhere);
    const asked = services.commands('products.list');
    expect(asked.map(({ tenantid, data }) => [tenantid, data])).toEqual([
      ['default', { q: 'te', active: true, limit: 100 }],
      ['north', { limit: 20 }],
    ]);
    services.answer('products.get', notFound('UNKNOWN_PRODUCT'));
    expect((await call('GET', `/products/${productId}`)).status).toBe(404);
  });

  test('are changed by staff alone, and the change says who made it', async () => {
    for (const type of ['create', 'update', 'adjustStock'])
      services.answer(`products.${type}`, () => accept(product));
    const fresh = { sku: 'TEA', name: 'Tea', price: 200, currency: 'EUR', stock: 3 };
    const made = await call('POST', '/products', fresh, staff);
    expect(made.status).toBe(201);
    const changed = await call('PATCH', `/products/${productId}`, { price: 210 }, staff);
    expect(changed.status).toBe(200);
    const adjustment = { delta: -1, reason: 'Breakage' };
    const adjusted = await call('POST', `/products/${productId}/stock-adjustments`, adjustment, staff);
    expect(adjusted.status).toBe(200);
    expect(services.received.map(({ type, data }) => [type, data])).toEqual([
      ['products.create', { ...fresh, active: true, productId: expect.any(String), actor: staffId }],
      ['products.update', { productId, price: 210, actor: staffId }],
      [
        'products.adjustStock',
        { ...adjustment, adjustmentId: expect.any(String), productId, actor: staffId },
      ],
    ]);
    const customer = gateway.token('customer');
    for (const [method, path, body] of [
      ['POST', '/products', fresh],
      ['PATCH', `/products/${productId}`, { price: 1 }],
      ['POST', `/products/${productId}/stock-adjustments`, adjustment],
    ] as const) {
      expect((await call(method, path, body, customer)).status).toBe(403);
      expect((await call(method, path, body)).status).toBe(401);
    }
  });

  test.each([
    ['POST', '/products', { sku: 'has space', name: 'x', price: 1, currency: 'EUR' }],
    ['POST', '/products', { sku: 'X', name: 'x', price: 1.5, currency: 'EUR' }],
    ['POST', '/products', { sku: 'X', name: 'x', price: 1, currency: 'EURO' }],
    ['POST', '/products', { sku: 'X', name: 'x', price: 1, currency: 'HRK' }],
    ['POST', '/products', { sku: 'X', name: 'x', price: 1, currency: 'XAU' }],
    ['POST', '/products', { sku: 'X', name: 'x\u0000', price: 1, currency: 'EUR' }],
    ['PATCH', `/products/${productId}`, { lowStockThreshold: 1.5 }],
    ['POST', '/products', { sku: 'X', name: 'x', price: 1, currency: 'EUR', actor: 'me' }],
    ['PATCH', `/products/${productId}`, {}],
    ['PATCH', `/products/${productId}`, { sku: 'NEW' }],
    ['POST', `/products/${productId}/stock-adjustments`, { delta: 1 }],
  ])('%s %s %j is refused', async (method, path, body) => {
    expect((await call(method, path, body, staff)).status).toBe(400);
    expect(services.received).toHaveLength(0);
  });

  test('what the broker holds while the service is silent is a 202 that says where to look, and is asked for again', async () => {
    const silent = [
      'products.create',
      'products.update',
      'products.adjustStock',
      'webhooks.deleteSubscription',
      'webhooks.updateSubscription',
    ];
    for (const type of silent) services.answer(type, () => 'silence');
    const fresh = { sku: 'TEA', name: 'Tea', price: 200, currency: 'EUR', stock: 3 };
    const adjustment = { delta: -1, reason: 'Breakage' };
    const place = `/products/${productId}`;
    const ask = () =>
      Promise.all(
        (
          [
            ['POST', '/products', fresh],
            ['PATCH', place, { price: 210 }],
            ['POST', `${place}/stock-adjustments`, adjustment],
            ['DELETE', `/subscriptions/${productId}`, undefined],
            ['PATCH', `/subscriptions/${productId}`, { enabled: false }],
          ] as const
        ).map(([method, path, body]) =>
          gateway.call(method, `/api/v1${path}`, {
            token: staff,
            body,
            ...(method === 'POST' && { headers: { 'idempotency-key': 'while-it-is-silent' } }),
          }),
        ),
      );
    const held = await ask();
    const [made] = services.commands('products.create');
    const subscription = `/subscriptions/${productId}`;
    const places = [`/products/${made?.subject}`, place, `${place}/movements`, subscription, subscription];
    for (const [at, { status, headers, body }] of held.entries()) {
      const location = `/api/v1${places[at]}`;
      expect([status, headers.get('location'), body]).toEqual([
        202,
        location,
        { status: 'PENDING', location },
      ]);
      expect(headers.get('retry-after')).toMatch(/^\d+$/);
    }
    // They are carried out whenever the service comes.
    expect(services.received.map(({ expirytime }) => expirytime)).toEqual(silent.map(() => undefined));

    for (const type of silent.slice(0, 3)) services.answer(type, () => accept(product));
    for (const type of silent.slice(3)) services.answer(type, notFound('UNKNOWN_SUBSCRIPTION'));
    const final = await ask();
    expect(final.map(({ status }) => status)).toEqual([201, 200, 200, 404, 404]);
    expect(final.map(({ headers }) => headers.get('idempotent-replayed'))).toEqual(silent.map(() => null));
    // By the same ids, so that the service does it once.
    for (const type of ['products.create', 'products.adjustStock']) {
      const [first, again] = services.commands(type);
      expect(again?.data).toEqual(first?.data);
    }
    expect((await ask()).map(({ headers }) => headers.get('idempotent-replayed'))).toEqual([
      'true',
      null,
      'true',
      null,
      null,
    ]);
  });

  test('a service that is away is a 503', async () => {
    await services.goAway('products-service');
    try {
      const answer = await call('GET', '/products');
      expect(answer.body).toMatchObject({ status: 503, code: 'SERVICE_UNAVAILABLE' });
      expect(answer.headers.get('retry-after')).not.toBeNull();
    } finally {
      await services.comeBack('products-service');
    }
  });
});

describe('a read', () => {
  const path = `/products/${productId}`;
  /** As a client that minds no answer of a moment ago. */
  const read = (headers: Record<string, string> = {}, one: GatewayUnderTest = gateway) =>
    one.call('GET', `/api/v1${path}`, { headers: { 'cache-control': 'max-age=1', ...headers } });

  const other = new GatewayUnderTest();
  beforeAll(async () => {
    await other.start({ RABBITMQ_URL: rabbitUrl() });
    await other.connected();
  });
  afterAll(() => other.close());
  const priceAt = async (one: GatewayUnderTest) => (await read({}, one)).body.price;

  test('of products is a question once in a moment, and shows no price that is more than a second old, at any gateway', async () => {
    let price = 200;
    services.answer('products.get', () => accept({ ...product, price }));
    services.answer('products.update', () => {
      price = 210;
      return accept({ ...product, price });
    });
    // What other tests have asked for is over.
    await call('PATCH', path, { price }, staff);
    price = 200;
    services.received.length = 0;
    const many = await Promise.all(Array.from({ length: 20 }, () => read()));
    expect(many.map(({ body }) => body.price)).toEqual(many.map(() => 200));
    expect(services.commands('products.get')).toHaveLength(1);
    expect(await priceAt(other)).toBe(200);
    expect((await read({ 'cache-control': 'no-cache' })).body.price).toBe(200);
    expect(services.commands('products.get')).toHaveLength(3);

    expect((await call('PATCH', path, { price: 210 }, staff)).status).toBe(200);
    expect(await priceAt(gateway)).toBe(210);
    // The other gateway hears nothing of it, as when an event is lost.
    await pause(1_000);
    expect(await priceAt(other)).toBe(210);
  });

  test('of products shows what another gateway, or an import, has changed as soon as its event is there', async () => {
    const broker = await RawBroker.open(rabbitUrl());
    const FAR_AHEAD = 1e9;
    const clock = jest.spyOn(performance, 'now');
    try {
      let price = 200;
      services.answer('products.get', () => accept({ ...product, price }));
      // Nothing gets older from here on, so that an event alone can make it new.
      clock.mockReturnValue(FAR_AHEAD);
      expect(await priceAt(other)).toBe(200);
      price = 220;
      expect(await priceAt(other)).toBe(200);
      const [envelope, id] = [{ source: 'products-service', subject: productId }, newId()];
      const tell = (type: EventType, tenantid: string, data: unknown) => {
        const event = anEnvelope(type, { ...envelope, id, tenantid, data });
        return broker.publish([{ id, type: type.type, body: Buffer.from(JSON.stringify(event)) }]);
      };
      // Neither orders nor another tenant’s products are in what is shown.
      await tell(OrderCreated, 'default', OrderCreated.example);
      await tell(ProductUpdated, 'north', { ...product, price });
      expect(await priceAt(other)).toBe(200);
      await tell(ProductUpdated, 'default', { ...product, price });
      const seen = withTimeout(
        (async () => {
          while ((await priceAt(other)) !== 220) await pause(10);
        })(),
        10_000,
        'the new price',
      );
      await expect(seen).resolves.toBeUndefined();
    } finally {
      clock.mockRestore();
      await broker.close();
    }
  });

  test('of what the client has already is a 304 without a body, for the very same bytes alone', async () => {
    services.answer('products.get', () => accept(product));
    const first = await read({ 'cache-control': 'no-cache' });
    const tag = first.headers.get('etag') ?? '';
    expect(tag).toMatch(/^"[\w-]{27}"$/);
    expect(first.headers.get('cache-control')).toBe('private, no-cache');
    expect(first.headers.get('vary')).toMatch(/Authorization, X-API-Key$/);
    for (const named of [tag, `W/${tag}`, `"another", ${tag}`, '*']) {
      const again = await read({ 'if-none-match': named });
      expect([named, again.status, again.text]).toEqual([named, 304, '']);
      expect(again.headers.get('etag')).toBe(tag);
      expect(again.headers.get('cache-control')).toBe('private, no-cache');
      expect(again.headers.get('vary')).toBe(first.headers.get('vary'));
      expect(again.headers.get('content-type')).toBeNull();
      expect(again.headers.get('content-length')).toBeNull();
      expect(again.headers.get('x-correlation-id')).not.toBeNull();
    }
    for (const named of ['"another"', tag.slice(1, -1), `W/"${tag.slice(2)}`]) {
      const again = await read({ 'if-none-match': named });
      expect([named, again.status, again.text]).toEqual([named, 200, first.text]);
    }
    const head = await gateway.call('HEAD', `/api/v1${path}`, { headers: { 'if-none-match': '"another"' } });
    expect([head.status, head.headers.get('etag')]).toEqual([200, tag]);
    const known = await gateway.call('HEAD', `/api/v1${path}`, { headers: { 'if-none-match': tag } });
    expect([known.status, known.headers.get('etag'), known.text]).toEqual([304, tag, '']);

    services.answer('products.get', () => accept({ ...product, available: 2 }));
    const changed = await read({ 'if-none-match': tag, 'cache-control': 'no-cache' });
    expect([changed.status, changed.body.available]).toEqual([200, 2]);
    expect(changed.headers.get('etag')).not.toBe(tag);
    services.answer('products.get', notFound('UNKNOWN_PRODUCT'));
    const gone = await read({ 'if-none-match': '*', 'cache-control': 'no-cache' });
    expect([gone.status, gone.headers.get('etag'), gone.headers.get('cache-control')]).toEqual([
      404,
      null,
      'no-store',
    ]);
  });

  test('of orders has a tag, too, which is of what this caller sees', async () => {
    const [ana, ben] = [newId(), newId()];
    const order = {
      ...{ orderId: newId(), customerId: ana, status: 'CONFIRMED', items: [], totalAmount: 0 },
      ...{ currency: 'EUR', refundedAmount: 0 },
      ...{ createdAt: '2026-01-01T12:00:00.000Z', updatedAt: '2026-01-01T12:00:00.000Z' },
    };
    const isHers = ({ data }: Envelope) =>
      (data as { viewer: { accountId: string } }).viewer.accountId === ana;
    services.answer('orders.get', (envelope) =>
      isHers(envelope) ? accept(order) : notFound('UNKNOWN_ORDER')(),
    );
    services.answer('orders.list', (envelope) =>
      accept({ items: isHers(envelope) ? [order] : [], nextCursor: null }),
    );
    const ask = (what: string, account: string, tag?: string) =>
      gateway.call('GET', `/api/v1${what}`, {
        token: gateway.token('customer', account),
        headers: { ...(tag !== undefined && { 'if-none-match': tag }) },
      });
    for (const what of ['/orders', `/orders/${order.orderId}`, `/orders/${order.orderId}/status`]) {
      const tag = (await ask(what, ana)).headers.get('etag') ?? '';
      expect((await ask(what, ana, tag)).status).toBe(304);
      expect([what, (await ask(what, ben, tag)).status]).toEqual([what, what === '/orders' ? 200 : 404]);
      expect(
        (await gateway.call('GET', `/api/v1${what}`, { headers: { 'if-none-match': tag } })).status,
      ).toBe(401);
    }
  });
});

describe('subscriptions and deliveries', () => {
  const subscriptionId = newId();
  const deliveryId = newId();
  const subscription = {
    subscriptionId,
    channel: 'webhook',
    target: 'https://example.org/hook',
    eventTypes: ['order.*'],
    enabled: true,
    createdAt: '2026-01-01T12:00:00.000Z',
  };
  const delivery = {
    deliveryId,
    subscriptionId,
    eventId: newId(),
    eventType: 'order.confirmed',
    status: 'FAILED',
    createdAt: '2026-01-01T12:00:00.000Z',
  };

  const publisher = new OpeningKey(Buffer.alloc(32, 3));
  /** Answers as the publisher does: with the secret that was brought, or with this one, for the gateway alone. */
  const created =
    (made: string) =>
    ({ subject, tenantid, data }: Envelope) => {
      const { sealedSecret, answerKey } = data as { sealedSecret?: string; answerKey: string };
      const about = secretOf(tenantid, subject);
      const secret = sealedSecret === undefined ? made : publisher.open(sealedSecret, about);
      return accept({
        ...subscription,
        sealedSecret: sealFor(answerKey, secret, about, Buffer.alloc(32, 1)),
      });
    };

  test('bring their own secret, which is sealed in all that crosses the broker', async () => {
    const secret = `whsec_${Buffer.alloc(32, 4).toString('base64')}`;
    services.answer('webhooks.checkTarget', () =>
      accept({ target: subscription.target, sealFor: publisher.publicKey }),
    );
    services.answer('webhooks.createSubscription', created('whsec_x'));
    const wanted = { channel: 'webhook', target: subscription.target, eventTypes: ['order.*'], secret };
    const made = await call('POST', '/subscriptions', wanted, staff);
    expect(made.body).toEqual({ ...subscription, secret });
    expect(services.commands('webhooks.createSubscription')).toHaveLength(1);
    expect(JSON.stringify([services.received, gateway.log])).not.toContain(secret.slice(6, -1));
    // Where there is nothing to sign there is no key to seal for.
    services.answer('webhooks.checkTarget', () => accept({ target: '42' }));
    const telegram = await call(
      'POST',
      '/subscriptions',
      { ...wanted, channel: 'telegram', target: '42' },
      staff,
    );
    expect(telegram.body).toMatchObject({ status: 400, code: 'NO_SECRET_HERE' });
    expect(services.commands('webhooks.createSubscription')).toHaveLength(1);
  });

  test('are made, seen and removed by staff', async () => {
    services.answer('webhooks.checkTarget', () => accept({ target: subscription.target }));
    services.answer('webhooks.createSubscription', created('whsec_x'));
    services.answer('webhooks.getSubscription', () => accept(subscription));
    services.answer('webhooks.listSubscriptions', () => accept({ items: [subscription], nextCursor: null }));
    services.answer('webhooks.deleteSubscription', () => accept({ subscriptionId }));
    const wanted = { channel: 'webhook', target: 'https://example.org/hook', eventTypes: ['order.*'] };
    const made = await call('POST', '/subscriptions', wanted, staff);
    expect(made.status).toBe(201);
    expect(made.body).toEqual({ ...subscription, secret: 'whsec_x' });
    expect((await call('GET', `/subscriptions/${subscriptionId}`, undefined, staff)).body).toEqual(
      subscription,
    );
    expect((await call('GET', '/subscriptions', undefined, staff)).body.items).toEqual([subscription]);
    const removed = await call('DELETE', `/subscriptions/${subscriptionId}`, undefined, staff);
    expect([removed.status, removed.text]).toEqual([204, '']);
  });

  test('are changed: a new target is checked as at first, what is not named stays', async () => {
    services.answer('webhooks.getSubscription', () => accept(subscription));
    services.answer('webhooks.checkTarget', ({ data }) => {
      const { target } = data as { target: string };
      return target.includes('127.0.0.1')
        ? refuse(400, 'UNSAFE_TARGET', 'target: not allowed')
        : accept({ target });
    });
    services.answer('webhooks.updateSubscription', () => accept({ ...subscription, enabled: false }));
    const change = (body: object) => call('PATCH', `/subscriptions/${subscriptionId}`, body, staff);
    const changed = await change({ enabled: false, description: null });
    expect([changed.status, changed.body]).toEqual([200, { ...subscription, enabled: false }]);
    const moved = await change({ target: 'https://example.org/new', eventTypes: ['*'] });
    expect(moved.status).toBe(200);
    const unsafe = await change({ target: 'http://127.0.0.1/' });
    expect(unsafe.body).toMatchObject({ status: 400, code: 'UNSAFE_TARGET' });
    expect(services.received.map(({ type, data }) => [type, data])).toEqual([
      ['webhooks.updateSubscription', { subscriptionId, enabled: false, description: null }],
      ['webhooks.getSubscription', { subscriptionId }],
      ['webhooks.checkTarget', { channel: 'webhook', target: 'https://example.org/new' }],
      [
        'webhooks.updateSubscription',
        { subscriptionId, target: 'https://example.org/new', eventTypes: ['*'] },
      ],
      ['webhooks.getSubscription', { subscriptionId }],
      ['webhooks.checkTarget', { channel: 'webhook', target: 'http://127.0.0.1/' }],
    ]);
    for (const body of [{}, { eventTypes: [] }, { enabled: 'yes' }, { secret: 'x' }, { channel: 'telegram' }])
      expect((await change(body)).status).toBe(400);
    const customer = gateway.token('customer');
    const path = `/subscriptions/${subscriptionId}`;
    expect((await call('PATCH', path, { enabled: false }, customer)).status).toBe(403);
    expect((await call('PATCH', path, { enabled: false })).status).toBe(401);
    expect(services.received).toHaveLength(6);
  });

  test('may be signed with a private key that stays with us: their public key can be read again and again', async () => {
    const signed = { ...subscription, signature: 'v1a', publicKey: 'whpk_x' };
    services.answer('webhooks.checkTarget', () =>
      accept({ target: subscription.target, sealFor: publisher.publicKey }),
    );
    services.answer('webhooks.createSubscription', () => accept(signed));
    services.answer('webhooks.getSubscription', () => accept(signed));
    const wanted = { channel: 'webhook', target: subscription.target, eventTypes: ['order.*'] };
    const ask = (signature: string) => call('POST', '/subscriptions', { ...wanted, signature }, staff);
    expect(await ask('v1a')).toMatchObject({ status: 201, body: signed });
    expect(services.commands('webhooks.createSubscription').at(-1)?.data).toMatchObject({ signature: 'v1a' });
    expect((await call('GET', `/subscriptions/${subscriptionId}`, undefined, staff)).body).toEqual(signed);
    expect((await ask('v2')).body).toMatchObject({ status: 400, errors: [{ path: 'signature' }] });
  });

  test('get a new secret, which is shown once; a repeat under its key rotates nothing and shows none', async () => {
    services.answer('webhooks.rotateSecret', ({ tenantid, data }) => {
      const { answerKey } = data as { answerKey: string };
      const about = secretOf(tenantid, subscriptionId);
      const sealedSecret = sealFor(answerKey, 'whsec_new', about, Buffer.alloc(32, 1));
      return accept({ ...subscription, sealedSecret });
    });
    const path = `/api/v1/subscriptions/${subscriptionId}/rotate-secret`;
    const rotate = (key?: string, token = staff) =>
      gateway.call('POST', path, { token, ...(key && { headers: { 'idempotency-key': key } }) });
    const first = await rotate('rotated once');
    expect([first.status, first.body]).toEqual([200, { ...subscription, secret: 'whsec_new' }]);
    const again = await rotate('rotated once');
    expect([again.status, again.headers.get('idempotent-replayed'), again.body]).toEqual([
      200,
      'true',
      subscription,
    ]);
    expect((await rotate()).body.secret).toBe('whsec_new');
    const ids = services.commands('webhooks.rotateSecret').map(({ data }) => {
      const { rotationId, ...rest } = data as { rotationId: string };
      expect(rest).toEqual({ subscriptionId, answerKey: expect.any(String) });
      return rotationId;
    });
    expect(new Set(ids).size).toBe(2);
    // Under a key whose answer is lost the same rotation is asked for.
    services.answer('webhooks.rotateSecret', () => refuse(409, 'TOO_MANY_SECRETS', 'later'));
    expect((await rotate('refused')).body.code).toBe('TOO_MANY_SECRETS');
    await rotate('refused');
    const [before, after] = services.commands('webhooks.rotateSecret').slice(-2);
    expect(Object(after?.data).rotationId).toBe(Object(before?.data).rotationId);
    expect((await rotate(undefined, gateway.token('customer'))).status).toBe(403);
    expect(JSON.stringify([services.received, gateway.log])).not.toContain('whsec_new');
  });

  test('have a rate and headers, whose values are sealed in all that crosses the broker', async () => {
    services.answer('webhooks.checkTarget', () =>
      accept({ target: subscription.target, sealFor: publisher.publicKey }),
    );
    services.answer('webhooks.createSubscription', created('whsec_x'));
    services.answer('webhooks.getSubscription', () => accept(subscription));
    services.answer('webhooks.updateSubscription', () => accept(subscription));
    const headers = { 'X-Api-Key': 'the-key-of-a-proxy' };
    const opened = ({ tenantid, subject, data }: Envelope) => {
      const { sealedHeaders } = data as { sealedHeaders: string };
      return JSON.parse(publisher.open(sealedHeaders, headersOf(tenantid, subject)));
    };
    const wanted = { channel: 'webhook', target: subscription.target, eventTypes: ['*'] };
    const change = (body: object) => call('PATCH', `/subscriptions/${subscriptionId}`, body, staff);
    expect(
      (await call('POST', '/subscriptions', { ...wanted, rateLimitPerSecond: 5, headers }, staff)).status,
    ).toBe(201);
    expect((await change({ rateLimitPerSecond: null, headers })).status).toBe(200);
    expect((await change({ headers: null })).status).toBe(200);
    const [made] = services.commands('webhooks.createSubscription');
    const [changed, removed] = services.commands('webhooks.updateSubscription');
    if (!made || !changed) throw new Error('nothing was asked for');
    expect([made, changed].map(opened)).toEqual([headers, headers]);
    expect(made.data).toMatchObject({ rateLimitPerSecond: 5 });
    expect(changed.data).toMatchObject({ rateLimitPerSecond: null });
    expect(removed?.data).toEqual({ subscriptionId, sealedHeaders: null });
    expect(services.commands('webhooks.checkTarget').map(({ data }) => data)).toEqual(
      Array(2).fill({ channel: 'webhook', target: subscription.target }),
    );

    for (const bad of [
      { host: 'the-key-of-a-proxy' },
      {},
      { 'x y': 'the-key-of-a-proxy' },
      { a: 'the-key-of-a-proxy\n' },
    ]) {
      const answers = [
        await change({ headers: bad }),
        await call('POST', '/subscriptions', { ...wanted, headers: bad }, staff),
      ];
      expect(answers.map(({ status }) => status)).toEqual([400, 400]);
      expect(JSON.stringify(answers.map(({ body }) => body))).not.toContain('the-key-of-a-proxy');
    }
    for (const rateLimitPerSecond of [0, 1.5, 1001, '5'])
      expect((await change({ rateLimitPerSecond })).status).toBe(400);
    // Where nobody makes requests to the target there are none.
    services.answer('webhooks.checkTarget', () => accept({ target: '42' }));
    services.answer('webhooks.getSubscription', () =>
      accept({ ...subscription, channel: 'telegram', target: '42' }),
    );
    expect((await change({ headers })).body.code).toBe('BAD_HEADERS');
    const chat = { channel: 'telegram', target: '42', eventTypes: ['*'], headers };
    expect((await call('POST', '/subscriptions', chat, staff)).body.code).toBe('BAD_HEADERS');
    expect(services.commands('webhooks.updateSubscription')).toHaveLength(2);
    expect(JSON.stringify([services.received, gateway.log])).not.toContain('the-key-of-a-proxy');
  });

  test('are tested: the answer of the endpoint is shown, or where it will be', async () => {
    const pending = { ...delivery, eventType: 'webhook.test', status: 'PENDING' };
    const attempts = [
      { at: '2026-01-01T12:00:01.000Z', statusCode: 500, durationMs: 12, responseBody: 'no' },
    ];
    services.answer('webhooks.testSubscription', () => accept(pending));
    let looks = 0;
    services.answer('webhooks.getDelivery', () =>
      accept(++looks < 2 ? { ...pending, attempts: [] } : { ...pending, status: 'FAILED', attempts }),
    );
    const path = `/api/v1/subscriptions/${subscriptionId}/test`;
    const ask = (key?: string) =>
      gateway.call('POST', path, { token: staff, ...(key && { headers: { 'idempotency-key': key } }) });
    const answered = await ask();
    expect([answered.status, answered.body]).toEqual([200, { ...pending, status: 'FAILED', attempts }]);
    const [asked] = services.commands('webhooks.testSubscription');
    expect(asked?.data).toEqual({ subscriptionId, deliveryId: expect.any(String) });
    expect(services.commands('webhooks.getDelivery').map(({ data }) => data)).toEqual(
      Array(2).fill({ deliveryId: Object(asked?.data).deliveryId }),
    );

    // It takes longer than a request may, or is not to be asked for: it was sent all the same.
    for (const answer of [() => accept({ ...pending, attempts: [] }), () => 'silence' as const]) {
      services.answer('webhooks.getDelivery', answer);
      const { status, headers, body } = await ask('a slow one');
      const id = Object(services.commands('webhooks.testSubscription').at(-1)?.data).deliveryId;
      const location = `/api/v1/deliveries/${id}`;
      expect([status, headers.get('location'), body]).toEqual([
        202,
        location,
        { status: 'PENDING', location },
      ]);
    }
    services.answer('webhooks.getDelivery', () => accept({ ...pending, status: 'DELIVERED', attempts: [] }));
    expect((await ask('a slow one')).body.status).toBe('DELIVERED');
    const [, ...slow] = services.commands('webhooks.testSubscription').map(({ data }) => data);
    expect(slow).toEqual(Array(3).fill(slow[0]));

    services.answer('webhooks.testSubscription', notFound('UNKNOWN_SUBSCRIPTION'));
    expect((await ask()).status).toBe(404);
    expect(
      (await call('POST', `/subscriptions/${subscriptionId}/test`, {}, gateway.token('customer'))).status,
    ).toBe(403);
    expect((await call('GET', '/deliveries?eventType=webhook.test', undefined, staff)).status).not.toBe(400);
  });

  test('are seen with each attempt, and sent again', async () => {
    const attempts = [
      { at: '2026-01-01T12:00:01.000Z', statusCode: 500, durationMs: 12, responseBody: 'no' },
    ];
    const listed = {
      ...delivery,
      channel: 'webhook',
      target: subscription.target,
      attemptCount: 1,
      lastStatusCode: 500,
    };
    services.answer('webhooks.listDeliveries', () => accept({ items: [listed], nextCursor: null }));
    services.answer('webhooks.getDelivery', () => accept({ ...delivery, attempts }));
    services.answer('webhooks.retryDelivery', () => accept({ ...delivery, status: 'PENDING' }));
    const query = `subscriptionId=${subscriptionId}&status=FAILED&eventType=order.confirmed`;
    expect((await call('GET', `/deliveries?${query}`, undefined, staff)).body.items).toEqual([listed]);
    expect(services.commands('webhooks.listDeliveries')[0]?.data).toEqual({
      subscriptionId,
      status: 'FAILED',
      eventType: 'order.confirmed',
      limit: 20,
      anew: true,
    });
    expect((await call('GET', `/deliveries/${deliveryId}`, undefined, staff)).body.attempts).toEqual(
      attempts,
    );
    const retried = await call('POST', `/deliveries/${deliveryId}/retry`, undefined, staff);
    expect([retried.status, retried.body.status]).toEqual([202, 'PENDING']);
  });

  test('are proven to staff, by keys that anybody may have', async () => {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: 'x', kid: 'k', alg: 'EdDSA', use: 'sig' };
    const orderId = newId();
    services.answer('webhooks.getDeliveryProof', () => accept({ proof: 'a.b.c' }));
    services.answer('webhooks.listProofKeys', () => accept({ keys: [jwk] }));
    const path = `/orders/${orderId}/delivery-proof?subscriptionId=${subscriptionId}`;
    expect((await call('GET', path, undefined, staff)).body).toEqual({ proof: 'a.b.c' });
    expect(services.commands('webhooks.getDeliveryProof')[0]?.data).toEqual({ orderId, subscriptionId });
    const keys = () => gateway.call('GET', '/.well-known/delivery-proof-keys.json', { token: 'any' });
    const { status, headers, body } = await keys();
    expect([status, headers.get('cache-control'), body]).toEqual([
      200,
      'public, max-age=300',
      { keys: [jwk] },
    ]);
    // Tokens have keys of their own: who signs proofs can't make tokens, for anybody who trusts that set.
    expect((await gateway.call('GET', '/.well-known/jwks.json', {})).body.keys).not.toContainEqual(jwk);
    await keys();
    expect(services.commands('webhooks.listProofKeys')).toHaveLength(1);
  });

  test('a target that the publisher refuses is its 400, with the place', async () => {
    services.answer('webhooks.checkTarget', () => {
      const refusal = refuse(400, 'UNSAFE_TARGET', 'This address is private.');
      if (refusal.ok) throw new Error('unreachable');
      return {
        ok: false,
        refusal: { ...refusal.refusal, errors: [{ path: 'target', message: 'is private' }] },
      };
    });
    const wanted = { channel: 'webhook', target: 'http://127.0.0.1/', eventTypes: ['*'] };
    expect((await call('POST', '/subscriptions', wanted, staff)).body).toMatchObject({
      status: 400,
      code: 'UNSAFE_TARGET',
      errors: [{ path: 'target', message: 'is private' }],
    });
    expect(
      services
        .commands('webhooks.createSubscription')
        .filter(({ data }) => JSON.stringify(data).includes('127.0.0.1')),
    ).toEqual([]);
  });

  test('are nothing for customers', async () => {
    const customer = gateway.token('customer');
    for (const path of ['/subscriptions', '/deliveries', '/event-types', `/orders/${newId()}/delivery-proof`])
      expect((await call('GET', path, undefined, customer)).status).toBe(403);
  });
});

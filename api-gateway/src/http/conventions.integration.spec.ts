import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { newId } from '@comanda/contracts';
import { until } from '@comanda/kit';
import { DATABASE } from '@comanda/service-kit';
import type { Database } from '@comanda/storage';
import { describe, expect, jest, test } from '@jest/globals';
import { type Called, GatewayUnderTest, useGateway } from '../../test/gateway-under-test.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const gateway = useGateway();

/** What is true of every problem. */
function expectProblem({ status, headers, body, text }: Called, expected: number, code: string): void {
  expect({ status, code: body?.code }).toEqual({ status: expected, code });
  expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(body).toMatchObject({ type: 'about:blank', status: expected });
  expect(typeof body.title).toBe('string');
  expect(typeof body.instance).toBe('string');
  expect(body.detail.length).toBeGreaterThan(10);
  expect(headers.get('x-correlation-id')).toBe(body.correlationId);
  expect(text).not.toMatch(/node_modules|\.ts:|\.js:|at .*\(/);
}

/** Requests of all kinds, and how they are answered. */
const OF_ALL_KINDS = [
  ['GET', '/api/v1/products', 503],
  ['POST', '/api/v1/products', 401],
  ['GET', '/api/v1/orders', 401],
  ['PUT', '/api/v1/orders', 405],
  ['OPTIONS', '/api/v1/orders', 204],
  ['GET', '/nowhere', 404],
  ['GET', '/%zz', 400],
  ['GET', '/docs', 200],
  ['GET', '/docs-json', 200],
  ['GET', '/docs/swagger-ui-bundle.js', 200],
  ['GET', '/health/live', 200],
] as const;

describe('a request that cannot be understood is answered with a problem', () => {
  const order = { productId: '0190a000-0000-7000-8000-000000000001', quantity: 1 };
  const post = (options: { body?: unknown; headers?: Record<string, string> }) =>
    gateway.call('POST', '/api/v1/orders', { token: gateway.token('customer'), ...options });

  test('an unknown route', async () => {
    expectProblem(await gateway.call('GET', '/nowhere'), 404, 'NOT_FOUND');
    expectProblem(await gateway.call('GET', '/api/v1/nowhere'), 404, 'NOT_FOUND');
  });

  test('a method that the route does not have', async () => {
    for (const [method, path, allow] of [
      ['PUT', '/api/v1/orders', 'GET, HEAD, OPTIONS, POST'],
      ['DELETE', '/api/v1/orders/0190a000-0000-7000-8000-000000000001', 'GET, HEAD, OPTIONS'],
      ['GET', '/api/v1/auth/token', 'OPTIONS, POST'],
      ['HEAD', '/api/v1/auth/token', 'OPTIONS, POST'],
      ['POST', '/api/v1/products/42', 'GET, HEAD, OPTIONS, PATCH'],
      ['POST', '/health/live', 'GET, HEAD, OPTIONS'],
      ['PUT', '/docs/swagger-ui.css', 'GET, HEAD, OPTIONS'],
    ] as const) {
      const answer = await gateway.call(method, path);
      expect([path, answer.headers.get('allow')]).toEqual([path, allow]);
      if (method === 'HEAD') expect(answer.status).toBe(405);
      else expectProblem(answer, 405, 'METHOD_NOT_ALLOWED');
    }
    expectProblem(await gateway.call('PUT', '/api/v1/nowhere'), 404, 'NOT_FOUND');
    expectProblem(await gateway.call('PUT', '/api/v1/orders/a/b/c'), 404, 'NOT_FOUND');
  });

  test('the question what a path may be asked', async () => {
    const answer = await gateway.call('OPTIONS', '/api/v1/orders');
    expect([answer.status, answer.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS, POST']);
    expectProblem(await gateway.call('OPTIONS', '/api/v1/nowhere'), 404, 'NOT_FOUND');
  });

  test('malformed JSON', async () => {
    expectProblem(await post({ body: '{"items": [' }), 400, 'MALFORMED_JSON');
  });

  test('a body that sets a prototype', async () => {
    const answer = await post({ body: `{"__proto__": {"quantity": 1}, "productId": "${order.productId}"}` });
    expect(answer.status).toBe(400);
  });

  test.each([
    ['POST', '/orders', 'customer'],
    ['POST', '/subscriptions', 'staff'],
    ['PATCH', '/products/0190a000-0000-7000-8000-000000000001', 'staff'],
    ['POST', '/auth/token', 'customer'],
  ] as const)(
    '50,000 arrays in each other: %s %s, with an Idempotency-Key and without',
    async (method, path, role) => {
      const nested = '['.repeat(50_000) + ']'.repeat(50_000);
      for (const body of [nested, `{"items": ${nested.slice(40)}`])
        for (const key of [undefined, 'deep']) {
          const headers = { ...(key !== undefined && { 'idempotency-key': key }) };
          const token = gateway.token(role);
          const answer = await gateway.call(method, `/api/v1${path}`, { token, headers, body });
          expectProblem(answer, 400, 'JSON_TOO_DEEP');
        }
    },
  );

  test('a body over 100 KiB, and none just below', async () => {
    const padded = (bytes: number) => JSON.stringify({ ...order, note: 'x'.repeat(bytes) });
    expectProblem(await post({ body: padded(100 * 1024) }), 413, 'BODY_TOO_LARGE');
    expectProblem(await post({ body: padded(99 * 1024) }), 400, 'INVALID_REQUEST');
  });

  test('a body over the limit whose length is not told beforehand', async () => {
    const { status } = await chunked(gateway, 'x'.repeat(120 * 1024));
    expect(status).toBe(413);
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'nonsense'])(
    'a body of type %s',
    async (type) => {
      const answer = await post({ body: JSON.stringify(order), headers: { 'content-type': type } });
      expectProblem(answer, 415, 'UNSUPPORTED_MEDIA_TYPE');
    },
  );

  test('no body at all', async () => {
    const answer = await post({});
    expectProblem(answer, 400, 'INVALID_REQUEST');
  });

  test('unknown fields, by name', async () => {
    const answer = await post({ body: { ...order, price: 1, payment: { method: 'sim_approved', card: 1 } } });
    expectProblem(answer, 400, 'INVALID_REQUEST');
    expect(answer.body.errors).toEqual([
      { path: 'payment.card', message: 'is not a known field; known are method' },
      { path: 'price', message: 'is not a known field; known are productId, quantity, payment, notify' },
    ]);
  });

  test('wrong values, by path, with what to change', async () => {
    const items = [
      { productId: order.productId, quantity: 0 },
      { productId: 'espresso', quantity: 1.5 },
      { quantity: '2' },
    ];
    const answer = await post({ body: { items } });
    expectProblem(answer, 400, 'INVALID_REQUEST');
    expect(answer.body.errors.map(({ path }: { path: string }) => path)).toEqual([
      'items[0].quantity',
      'items[1].productId',
      'items[1].quantity',
      'items[2].productId',
      'items[2].quantity',
    ]);
    expect(answer.body.errors[3].message).toBe('is required');
    expect(answer.body.errors[4].message).toBe('must be a whole number from 1 to 1000000');
  });

  test.each([
    ['limit=0'],
    ['limit=101'],
    ['limit=ten'],
    ['limit=1&limit=2'],
    ['status=NEW'],
    ['createdAfter=yesterday'],
    ['nonsense=1'],
  ])('the query %s', async (query) => {
    const answer = await gateway.call('GET', `/api/v1/orders?${query}`, { token: gateway.token('customer') });
    expectProblem(answer, 400, 'INVALID_REQUEST');
    expect(answer.body.errors[0].path).toBe(query.split('=')[0]);
  });

  test('an id that is none', async () => {
    const answer = await gateway.call('GET', '/api/v1/orders/42', { token: gateway.token('customer') });
    expectProblem(answer, 400, 'INVALID_REQUEST');
    expect(answer.body.errors[0].path).toBe('orderId');
  });

  test('a URL that is not well formed, which Fastify refuses by itself', async () => {
    expectProblem(await gateway.call('GET', '/%zz'), 400, 'MALFORMED_URL');
  });

  test('bytes that are not HTTP', async () => {
    const answer = await raw(gateway, 'NONSENSE\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toMatch(/content-type: application\/problem\+json/);
    expect(answer).toMatch(/x-correlation-id: [0-9a-f-]{36}/);
    expect(answer).toMatch(/x-content-type-options: nosniff\r\n/);
  });
});

describe('the correlation id', () => {
  test('is taken when it is well formed', async () => {
    const answer = await gateway.call('GET', '/health/live', {
      headers: { 'x-correlation-id': 'my id: 42' },
    });
    expect(answer.headers.get('x-correlation-id')).toBe('my id: 42');
  });

  test.each([['x'.repeat(129)], ['caf\u00e9']])('is made when it is not: %s', async (given) => {
    const answer = await gateway.call('GET', '/health/live', { headers: { 'x-correlation-id': given } });
    expect(answer.headers.get('x-correlation-id')).toMatch(UUID);
  });

  test.each(OF_ALL_KINDS)('comes back with %s %s', async (method, path, status) => {
    const answer = await gateway.call(method, path, { headers: { 'x-correlation-id': 'mine' } });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('x-correlation-id')).toBe('mine');
  });
});

describe('browsers', () => {
  const preflight = (origin: string) => ({
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type,idempotency-key',
    },
  });
  const corsOf = ({ headers }: Called): string[] =>
    [...headers.keys()].filter((name) => name.startsWith('access-control-'));

  test.each(OF_ALL_KINDS)(
    'guess, frame and cache nothing of %s %s, and are not told of TLS where there is none',
    async (method, path, status) => {
      const answer = await gateway.call(method, path);
      expect(answer.status).toBe(status);
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
      expect(answer.headers.get('content-security-policy')).toMatch(
        /^default-src 'none'.*frame-ancestors 'none'/,
      );
      expect(answer.headers.get('strict-transport-security')).toBeNull();
      expect(answer.headers.get('cache-control')).toBe(
        path.startsWith('/api/') ? 'no-store' : path.endsWith('.js') ? 'public, max-age=0' : null,
      );
      expect(corsOf(answer)).toEqual([]);
    },
  );

  test('let no page of another origin read anything, unless it is named', async () => {
    const asked = await gateway.call('OPTIONS', '/api/v1/orders', preflight('https://shop.example'));
    expect(corsOf(asked)).toEqual([]);
    const named = await GatewayUnderTest.start({
      CORS_ORIGINS: 'https://shop.example,http://localhost:5173',
      TRUSTED_PROXIES: '127.0.0.1',
    });
    try {
      const yes = await named.call('OPTIONS', '/api/v1/orders', preflight('https://shop.example'));
      expect(yes.status).toBe(204);
      expect(Object.fromEntries(yes.headers)).toMatchObject({
        'access-control-allow-origin': 'https://shop.example',
        'access-control-allow-methods': 'GET, HEAD, POST, PATCH, DELETE',
        'access-control-allow-headers':
          'Authorization, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID, X-Correlation-Id, traceparent',
        'access-control-max-age': '600',
        vary: expect.stringMatching(/origin/i),
        'x-correlation-id': expect.stringMatching(UUID),
      });
      expect(yes.headers.get('access-control-allow-credentials')).toBeNull();
      for (const origin of [
        'https://evil.example',
        'https://shop.example.evil.example',
        'http://shop.example',
        'null',
      ]) {
        const no = await named.call('OPTIONS', '/api/v1/orders', preflight(origin));
        expect([origin, no.headers.get('access-control-allow-origin')]).toEqual([origin, null]);
        const read = await named.call('GET', '/api/v1/orders', { headers: { origin } });
        expect([origin, read.headers.get('access-control-allow-origin')]).toEqual([origin, null]);
      }
      // Refused ones as well, or the page could not tell why.
      for (const [method, path, status] of [
        ['GET', '/api/v1/orders', 401],
        ['PUT', '/api/v1/orders', 405],
        ['GET', '/nowhere', 404],
      ] as const) {
        const read = await named.call(method, path, { headers: { origin: 'http://localhost:5173' } });
        expect(read.status).toBe(status);
        expect(read.headers.get('access-control-allow-origin')).toBe('http://localhost:5173');
        expect(read.headers.get('access-control-expose-headers')).toBe(
          'ETag, Location, X-Correlation-Id, RateLimit, RateLimit-Policy, Retry-After, Idempotent-Replayed',
        );
      }
      expect((await named.call('OPTIONS', '/api/v1/orders')).status).toBe(204);

      // What came over TLS is known by the word of a trusted proxy, and of nobody else.
      const overTls = { headers: { 'x-forwarded-proto': 'https' } };
      for (const path of ['/health/live', '/nowhere', '/api/v1/orders', '/docs'])
        expect((await named.call('GET', path, overTls)).headers.get('strict-transport-security')).toBe(
          'max-age=31536000',
        );
      for (const [one, options] of [
        [named, {}],
        [gateway, overTls],
      ] as const)
        expect((await one.call('GET', '/docs', options)).headers.get('strict-transport-security')).toBeNull();
    } finally {
      await named.close();
    }
  });
});

describe('without a broker', () => {
  test('what needs a service is a 503 that says when to try again', async () => {
    const answer = await gateway.call('GET', '/api/v1/products');
    expectProblem(answer, 503, 'BROKER_UNAVAILABLE');
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  test('the process lives and is not ready: clients hear the names of the parts, operators hear why', async () => {
    const [up, down] = [{ status: 'up' }, { status: 'down' }];
    expect((await gateway.call('GET', '/health/live')).body).toEqual({ status: 'ok' });
    for (const ready of [
      await gateway.call('GET', '/health/ready'),
      await gateway.askAsOperator('/health/ready'),
    ]) {
      expect(ready.status).toBe(503);
      // All of it: no message, no host, no role.
      expect(ready.body).toEqual({
        status: 'error',
        info: { instance: up, database: up },
        error: { broker: down },
        details: { instance: up, database: up, broker: down },
      });
    }
    const detailed = await gateway.askAsOperator('/health/detailed');
    expect(detailed.body.parts.broker.message).toMatch(/not connected/);
  });

  test('what operators ask is answered on their port alone', async () => {
    for (const path of ['/metrics', '/health/detailed', '/health/detailed/', '//metrics', '/api/v1/metrics'])
      expectProblem(await gateway.call('GET', path), 404, 'NOT_FOUND');
    expect((await gateway.askAsOperator('/metrics')).status).toBe(200);
    expect((await gateway.askAsOperator('/api/v1/products')).status).toBe(404);
  });

  test('a flood of questions whether it is ready is not one of queries', async () => {
    const read = jest.spyOn(gateway.app.get<Database>(DATABASE), 'read');
    // It stands still, after all that was asked before.
    const clock = jest.spyOn(performance, 'now').mockReturnValue(Number.MAX_SAFE_INTEGER);
    try {
      await Promise.all(Array.from({ length: 300 }, () => gateway.call('GET', '/health/ready')));
      await gateway.askAsOperator('/health/ready');
      expect(read).toHaveBeenCalledTimes(1);
    } finally {
      clock.mockRestore();
      read.mockRestore();
    }
  });
});

test('each request is one line in the log, health is none, and the query stays out of it', async () => {
  const id = 'the-one-to-look-for';
  const caller = newId();
  const token = gateway.token('customer', caller);
  await gateway.call('GET', '/api/v1/products?q=secret', { token, headers: { 'x-correlation-id': id } });
  await gateway.call('GET', '/health/live', { headers: { 'x-correlation-id': id } });
  // A line is written after its answer; those of the later requests would stand before this one's.
  const last = 'the-one-after';
  await gateway.call('GET', '/api/v1/products', { headers: { 'x-correlation-id': last } });
  const linesOf = (wanted: string) => gateway.log.filter(({ correlationId }) => correlationId === wanted);
  await until('the last line is written', async () => linesOf(last).length > 0);
  const lines = linesOf(id);
  expect(lines).toHaveLength(1);
  // No name, no address, no token: the account's id.
  expect(lines[0]).toEqual({
    ...{ level: 30, time: expect.any(Number), pid: expect.any(Number), hostname: expect.any(String) },
    ...{ method: 'GET', route: '/api/v1/products', path: '/api/v1/products', status: 503 },
    ...{ correlationId: id, caller, ms: expect.any(Number) },
    msg: expect.stringMatching(/^GET \/api\/v1\/products 503 in [\d.]+ ms$/),
  });
});

test('requests are counted by route, method and status, not by path', async () => {
  await gateway.call('GET', '/api/v1/products/0190a000-0000-7000-8000-000000000001');
  await gateway.call('GET', '/whatever');
  const { text } = await gateway.askAsOperator('/metrics');
  expect(text).toMatch(
    /comanda_http_request_seconds_count\{route="\/api\/v1\/products\/:productId",method="GET",status="503"\} 1/,
  );
  expect(text).toMatch(/_bucket\{le="2",route="none"/);
  expect(text).toMatch(/comanda_http_request_seconds_count\{route="none",method="GET",status="404"\}/);
  expect(text).not.toMatch(/0190a000|whatever/);
});

/** Sends bytes as they are; what comes back. */
function raw({ url }: GatewayUnderTest, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(bytes));
    let text = '';
    socket.on('data', (data) => {
      text += String(data);
    });
    socket.on('end', () => resolve(text));
    socket.on('error', reject);
  });
}

function chunked(gateway: GatewayUnderTest, body: string): Promise<{ status: number }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${gateway.url}/api/v1/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${gateway.token('customer')}` },
    });
    request.on('response', (response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0 });
    });
    request.on('error', reject);
    request.write(body.slice(0, 60_000));
    request.end(body.slice(60_000));
  });
}

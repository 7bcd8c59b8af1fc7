import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { z } from 'zod';
import { Comanda, ComandaError, type Credentials, NoAnswerError, type TransportOptions } from './index.js';

const ORDER = { items: [{ productId: '0190a000-0000-7000-8000-000000000001', quantity: 1 }] };
const ACCEPTED = { orderId: 'o-1', status: 'PENDING', createdAt: '2026-01-01T00:00:00.000Z' };

type Reply = Response | Error;
const json = (status: number, body: object, headers: Record<string, string> = {}) =>
  Response.json(body, { status, headers });
const problem = (status: number, code: string, headers: Record<string, string> = {}) =>
  json(
    status,
    { title: 'No', status, detail: 'Not now.', code, correlationId: 'c-1' },
    { 'content-type': 'application/problem+json', ...headers },
  );
const cut = () => new TypeError('fetch failed');
/** Not from the gateway, but from what stands before it. */
const proxy = (status: number) =>
  new Response('<h1>Bad gateway</h1>', { status, headers: { 'content-type': 'text/html' } });

/** A gateway that gives these answers, one after the other, and what it was asked. */
function gateway(replies: readonly Reply[], credentials?: Credentials, options: TransportOptions = {}) {
  const asked: { at: number; method: string; url: string; headers: Headers; body: unknown }[] = [];
  const fetch = async (url: string | URL | Request, { method = '', headers, body }: RequestInit = {}) => {
    asked.push({
      at: Date.now(),
      method,
      url: String(url),
      headers: new Headers(headers),
      body: body ? JSON.parse(String(body)) : undefined,
    });
    const reply = replies[asked.length - 1];
    if (reply instanceof Response) return reply;
    throw reply ?? new Error('it was asked too often');
  };
  return { comanda: new Comanda('http://gateway.example/', credentials, { fetch, ...options }), asked };
}

beforeEach(() => {
  // So that nothing is waited for but what the API asks for.
  jest.spyOn(Math, 'random').mockReturnValue(0);
});
afterEach(() => {
  jest.restoreAllMocks();
  jest.useRealTimers();
});

describe('a request', () => {
  test('says what its route needs', async () => {
    const { comanda, asked } = gateway([json(202, ACCEPTED), json(200, { items: [], nextCursor: null })]);
    expect(await comanda.post('/orders', { body: ORDER, headers: { 'x-correlation-id': 'mine' } })).toEqual(
      ACCEPTED,
    );
    await comanda.get('/deliveries', { query: { orderId: 'a/b&c', status: 'FAILED' } });
    expect(asked[0]).toMatchObject({
      method: 'POST',
      url: 'http://gateway.example/api/v1/orders',
      body: ORDER,
    });
    expect(asked[0]?.headers.get('content-type')).toBe('application/json');
    expect(asked[0]?.headers.get('x-correlation-id')).toBe('mine');
    expect(asked[1]?.url).toBe('http://gateway.example/api/v1/deliveries?orderId=a%2Fb%26c&status=FAILED');
    expect(asked[1]?.headers.has('content-type')).toBe(false);
  });

  test('names what is in its path, whatever that is called', async () => {
    const { comanda, asked } = gateway([json(200, {})]);
    await comanda.get('/products/{productId}', { path: { productId: '../a?b' } });
    expect(asked[0]?.url).toBe('http://gateway.example/api/v1/products/..%2Fa%3Fb');
    await expect(comanda.get('/products/{productId}', { path: { productId: '' } })).rejects.toThrow(
      'path.productId is missing',
    );
    expect(asked).toHaveLength(1);
  });
});

describe('an answer', () => {
  test('comes whole where its headers are wanted, and is nothing where it has no body', async () => {
    const unchanged = new Response(null, { status: 304, headers: { etag: '"1"' } });
    const { comanda } = gateway([new Response(null, { status: 204 }), unchanged, json(200, { a: 1 })]);
    expect(
      await comanda.delete('/subscriptions/{subscriptionId}', { path: { subscriptionId: 's' } }),
    ).toBeUndefined();
    const answer = await comanda.send('get', '/products', { headers: { 'if-none-match': '"1"' } });
    expect([answer.status, answer.headers.get('etag'), answer.body]).toEqual([304, '"1"', undefined]);
    expect(await comanda.send('get', '/products')).toMatchObject({ status: 200, body: { a: 1 } });
  });

  test('that is a problem document is an error with all that it says', async () => {
    const errors = [{ path: 'items[0].quantity', message: 'must be a whole number from 1 to 1000000' }];
    const invalid = {
      title: 'Bad Request',
      detail: 'See errors.',
      code: 'INVALID_REQUEST',
      correlationId: 'c-1',
      errors,
    };
    const { comanda, asked } = gateway([json(400, invalid, { 'content-type': 'application/problem+json' })]);
    const error = await comanda.post('/orders', { body: ORDER }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ComandaError);
    expect(error).toMatchObject({ status: 400, code: 'INVALID_REQUEST', correlationId: 'c-1', errors });
    expect(error).toHaveProperty(
      'message',
      'POST /api/v1/orders was answered 400: See errors.; items[0].quantity must be a whole number from 1 to 1000000',
    );
    expect(asked).toHaveLength(1);
  });

  test.each([
    ['a page of a proxy', proxy(404)],
    [
      'a problem document that is cut off',
      new Response('{"code": "NOT_FO', {
        status: 404,
        headers: { 'content-type': 'application/problem+json' },
      }),
    ],
    [
      'a problem document of another kind',
      json(404, { code: 1, errors: [1, { path: 'a' }] }, { 'content-type': 'application/problem+json' }),
    ],
    ['a redirection', new Response(null, { status: 307, headers: { location: 'http://elsewhere.example' } })],
  ])('that is %s is an error without a code', async (_what, reply) => {
    const error = await gateway([reply])
      .comanda.get('/products')
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ComandaError);
    expect(error).toMatchObject({ status: reply.status, code: undefined, errors: [] });
  });

  test('in pages is read to its end, as far as it is wanted', async () => {
    const page = (ids: string[], nextCursor: string | null) =>
      json(200, { items: ids.map((productId) => ({ productId })), nextCursor });
    const { comanda, asked } = gateway([page(['a', 'b'], 'x y'), page(['c'], null), page(['a'], 'more')]);
    const ids: string[] = [];
    for await (const { productId } of comanda.each('/products', { query: { q: 'tea' } })) ids.push(productId);
    expect(ids).toEqual(['a', 'b', 'c']);
    expect(asked.map(({ url }) => new URL(url).search)).toEqual(['?q=tea', '?q=tea&cursor=x+y']);
    for await (const _ of comanda.each('/products')) break;
    expect(asked).toHaveLength(3);
  });
});

describe('what is lost on its way', () => {
  const brokenOff = () =>
    new Response(new ReadableStream({ pull: (body) => body.error(new TypeError('terminated')) }), {
      status: 202,
    });
  const transient: [string, () => Reply][] = [
    ['no answer', cut],
    ['an answer that breaks off', brokenOff],
    ['429', () => problem(429, 'TOO_MANY_REQUESTS')],
    ['503', () => problem(503, 'BROKER_UNAVAILABLE')],
    ['502 of a proxy', () => proxy(502)],
    ['503 of a proxy', () => proxy(503)],
    ['504 of a proxy', () => proxy(504)],
    ['409: the first try is still in flight', () => problem(409, 'REQUEST_IN_FLIGHT')],
  ];

  test.each(transient)('is sent again with the same key: %s', async (_what, reply) => {
    const { comanda, asked } = gateway([reply(), reply(), json(202, ACCEPTED), json(202, ACCEPTED)]);
    expect(await comanda.post('/orders', { body: ORDER })).toEqual(ACCEPTED);
    await comanda.post('/orders', { body: ORDER });
    const [first, second, third, other] = asked.map(({ headers }) => headers.get('idempotency-key'));
    expect(first).toMatch(/^[0-9a-f]{32}$/);
    expect([second, third]).toEqual([first, first]);
    expect(other).not.toBe(first);
    expect(asked.map(({ body }) => body)).toEqual([ORDER, ORDER, ORDER, ORDER]);
  });

  test('is sent again with the key that the caller has chosen', async () => {
    const { comanda, asked } = gateway([cut(), json(202, ACCEPTED)]);
    await comanda.post('/orders', { body: ORDER, idempotencyKey: 'order-4711' });
    expect(asked.map(({ headers }) => headers.get('idempotency-key'))).toEqual(['order-4711', 'order-4711']);
  });

  test.each(transient.filter(([what]) => !what.startsWith('409')))(
    'is asked for again, and deleted again: %s',
    async (_what, reply) => {
      const { comanda, asked } = gateway([
        reply(),
        json(200, {}),
        reply(),
        new Response(null, { status: 204 }),
      ]);
      await comanda.get('/products/{productId}', { path: { productId: 'p' } });
      await comanda.delete('/subscriptions/{subscriptionId}', { path: { subscriptionId: 's' } });
      expect(asked.map(({ method }) => method)).toEqual(['GET', 'GET', 'DELETE', 'DELETE']);
    },
  );

  test.each(transient.filter(([what]) => what !== '429' && what !== '503'))(
    'is not sent again where it has no key and may have been done: %s',
    async (_what, reply) => {
      const { comanda, asked } = gateway([reply(), reply()]);
      await expect(
        comanda.patch('/products/{productId}', { path: { productId: 'p' }, body: { price: 1 } }),
      ).rejects.toThrow();
      await expect(
        comanda.post('/auth/token', { body: { email: 'a@b.example', password: 'a good one' } }),
      ).rejects.toThrow();
      expect(asked.map(({ method }) => method)).toEqual(['PATCH', 'POST']);
      expect(asked[1]?.headers.has('idempotency-key')).toBe(false);
    },
  );

  test.each(['TOO_MANY_REQUESTS', 'SERVICE_UNAVAILABLE'])(
    'is sent again without a key where the API says that nothing was done: %s',
    async (code) => {
      const { comanda, asked } = gateway([
        problem(code === 'TOO_MANY_REQUESTS' ? 429 : 503, code),
        json(200, {}),
      ]);
      await comanda.patch('/products/{productId}', { path: { productId: 'p' }, body: { price: 1 } });
      expect(asked).toHaveLength(2);
    },
  );

  test.each([400, 401, 403, 404, 409, 413, 422, 500])(
    'is not what is answered %i: that is sent once',
    async (status) => {
      const { comanda, asked } = gateway([problem(status, 'NO'), problem(status, 'NO')]);
      await expect(comanda.post('/orders', { body: ORDER })).rejects.toMatchObject({ status });
      await expect(comanda.get('/products')).rejects.toMatchObject({ status });
      expect(asked).toHaveLength(2);
    },
  );

  test('is given up in the end, with what happened last', async () => {
    const last = cut();
    const nothing = gateway([cut(), cut(), last], undefined, { retries: 2 });
    const error = await nothing.comanda.get('/products').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(NoAnswerError);
    expect(error).toMatchObject({ message: 'GET /api/v1/products got no answer', cause: last });
    expect(nothing.asked).toHaveLength(3);
    const away = gateway(Array.from({ length: 5 }, () => problem(503, 'SERVICE_UNAVAILABLE')));
    await expect(away.comanda.get('/products')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect(away.asked).toHaveLength(5);
  });
});

describe('how long it waits', () => {
  test.each([
    ['seconds', () => '7'],
    ['a date', () => new Date(Date.now() + 7_000).toUTCString()],
  ])('is what Retry-After asks for, in %s', async (_what, retryAfter) => {
    jest.useFakeTimers({ now: 1_767_225_600_000 });
    const { comanda, asked } = gateway([
      problem(503, 'SERVICE_UNAVAILABLE', { 'retry-after': retryAfter() }),
      json(200, {}),
    ]);
    const answer = comanda.get('/products');
    await jest.advanceTimersByTimeAsync(6_999);
    expect(asked).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(1);
    await answer;
    expect(asked).toHaveLength(2);
  });

  test('is longer from try to try, never for ever, where nobody says how long', async () => {
    jest.useFakeTimers();
    jest.spyOn(Math, 'random').mockReturnValue(1);
    const { comanda, asked } = gateway([cut(), cut(), cut(), cut(), cut(), cut(), cut()], undefined, {
      retries: 6,
    });
    const answer = comanda.get('/products').catch((error: unknown) => error);
    await jest.advanceTimersByTimeAsync(60_000);
    await answer;
    const waits = asked.slice(1).map(({ at }, tries) => at - (asked[tries]?.at ?? 0));
    expect(waits).toEqual([400, 800, 1_600, 3_200, 5_000, 5_000]);
  });

  test('has a limit: who asks for more is told of at once', async () => {
    const { comanda, asked } = gateway([problem(429, 'TOO_MANY_REQUESTS', { 'retry-after': '61' })]);
    await expect(comanda.get('/products')).rejects.toMatchObject({ status: 429, retryAfterMs: 61_000 });
    expect(asked).toHaveLength(1);
  });

  test('for an answer has a limit', async () => {
    const fetch = (_url: unknown, { signal }: RequestInit = {}) =>
      new Promise<Response>((_resolve, reject) =>
        signal?.addEventListener('abort', () => reject(signal.reason)),
      );
    const comanda = new Comanda('http://gateway.example', undefined, { fetch, retries: 1, timeoutMs: 5 });
    await expect(comanda.get('/products')).rejects.toMatchObject({
      name: 'NoAnswerError',
      cause: { message: 'no answer in 5 ms' },
    });
  });

  test('ends with the signal of the caller', async () => {
    const ends = new AbortController();
    const { comanda, asked } = gateway([problem(503, 'SERVICE_UNAVAILABLE', { 'retry-after': '50' })]);
    const answer = comanda.get('/products', { signal: ends.signal });
    ends.abort(new Error('enough'));
    await expect(answer).rejects.toThrow('enough');
    await expect(comanda.get('/products', { signal: ends.signal })).rejects.toThrow();
    expect(asked.length).toBeLessThanOrEqual(2);
  });
});

describe('who calls', () => {
  const account = { email: 'customer@demo.local', password: 'comanda-demo' };
  const token = (accessToken: string, expiresIn = 3600) =>
    json(200, { accessToken, tokenType: 'Bearer', expiresIn });
  const authorizations = (asked: readonly { headers: Headers }[]) =>
    asked.map(({ headers }) => headers.get('authorization'));

  test('is said by a token, an API key, headers of one’s own, or not at all', async () => {
    const asked = async (credentials?: Credentials) => {
      const { comanda, asked } = gateway([json(200, {})], credentials);
      await comanda.get('/products');
      return asked[0]?.headers;
    };
    expect((await asked({ token: 't-1' }))?.get('authorization')).toBe('Bearer t-1');
    expect((await asked({ token: async () => 't-2' }))?.get('authorization')).toBe('Bearer t-2');
    expect((await asked({ apiKey: 'cmd_live_1' }))?.get('x-api-key')).toBe('cmd_live_1');
    expect((await asked({ authorize: () => ({ 'x-mine': '1' }) }))?.get('x-mine')).toBe('1');
    expect((await asked())?.has('authorization')).toBe(false);
  });

  test('logs in once for all requests, when the first one is sent', async () => {
    const { comanda, asked } = gateway([token('t-1'), json(200, {}), json(200, {}), json(200, {})], {
      ...account,
      tenant: 'north',
    });
    expect(asked).toEqual([]);
    await Promise.all([comanda.get('/orders'), comanda.get('/orders')]);
    await comanda.get('/orders');
    expect(asked[0]).toMatchObject({
      method: 'POST',
      url: 'http://gateway.example/api/v1/auth/token',
      body: { ...account, tenant: 'north' },
    });
    expect(authorizations(asked)).toEqual([null, 'Bearer t-1', 'Bearer t-1', 'Bearer t-1']);
  });

  test('logs in again before the token expires', async () => {
    jest.useFakeTimers();
    const { comanda, asked } = gateway(
      [token('t-1', 600), json(200, {}), json(200, {}), token('t-2', 600), json(200, {})],
      account,
    );
    await comanda.get('/orders');
    jest.setSystemTime(Date.now() + 589_000);
    await comanda.get('/orders');
    jest.setSystemTime(Date.now() + 1_000);
    await comanda.get('/orders');
    expect(authorizations(asked)).toEqual([null, 'Bearer t-1', 'Bearer t-1', null, 'Bearer t-2']);
  });

  test('logs in again when the token is refused, once', async () => {
    const refusal = () => problem(401, 'TOKEN_INVALID');
    const { comanda, asked } = gateway(
      [token('t-1'), refusal(), token('t-2'), json(200, { items: [] }), refusal(), token('t-3'), refusal()],
      account,
    );
    await comanda.get('/orders');
    await expect(comanda.get('/orders')).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
    expect(authorizations(asked)).toEqual([
      null,
      'Bearer t-1',
      null,
      'Bearer t-2',
      'Bearer t-2',
      null,
      'Bearer t-3',
    ]);
  });

  test('goes on with a session, each of whose refresh tokens is good once', async () => {
    const refreshed = (accessToken: string, refreshToken: string) =>
      json(200, { accessToken, tokenType: 'Bearer', expiresIn: 600, refreshToken });
    const kept: string[] = [];
    const { comanda, asked } = gateway(
      [cut(), refreshed('t-1', 'r-2'), problem(401, 'TOKEN_EXPIRED'), refreshed('t-2', 'r-3'), json(200, {})],
      { refreshToken: 'r-1', keep: (next) => kept.push(next) },
    );
    await comanda.get('/orders');
    expect(kept).toEqual(['r-2', 'r-3']);
    expect(authorizations(asked)).toEqual([null, null, 'Bearer t-1', null, 'Bearer t-2']);
    const bodies = asked.map(({ body }) => body);
    expect(bodies).toEqual([
      { refreshToken: 'r-1' },
      { refreshToken: 'r-1' },
      undefined,
      { refreshToken: 'r-2' },
      undefined,
    ]);
    // Without it the second try would be taken for a thief's.
    const [lost, again, , other] = asked.map(({ headers }) => headers.get('idempotency-key'));
    expect([typeof lost, again === lost, other === lost]).toEqual(['string', true, false]);
  });

  test('that is refused and has nothing else to say is told so', async () => {
    const { comanda, asked } = gateway([problem(401, 'TOKEN_EXPIRED')], { token: () => 't-1' });
    await expect(comanda.get('/orders')).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
    expect(asked).toHaveLength(1);
  });

  test('whose password is wrong is told so; the next request logs in anew', async () => {
    const { comanda, asked } = gateway(
      [problem(401, 'WRONG_CREDENTIALS'), token('t-1'), json(200, {})],
      account,
    );
    await expect(comanda.get('/orders')).rejects.toMatchObject({ code: 'WRONG_CREDENTIALS' });
    await comanda.get('/orders');
    expect(authorizations(asked)).toEqual([null, null, 'Bearer t-1']);
  });
});

test('a POST has a key where the document says that its route takes one', async () => {
  const document = new URL('../../../docs/openapi.json', import.meta.url);
  const Document = z.object({
    paths: z.record(
      z.string(),
      z.object({ post: z.object({ parameters: z.array(z.object({ name: z.string() })) }).optional() }),
    ),
  });
  const { paths } = Document.parse(JSON.parse(readFileSync(document, 'utf8')));
  const takesKey = Object.entries(paths).flatMap(([path, { post }]) =>
    // What providers call is for nobody else.
    post && !path.includes('-callbacks/')
      ? [[path, post.parameters.some(({ name }) => name === 'Idempotency-Key')] as const]
      : [],
  );
  expect(takesKey.length).toBeGreaterThan(10);
  for (const [path, takes] of takesKey) {
    const { comanda, asked } = gateway([json(200, {})]);
    const post = comanda.post.bind(comanda) as (path: string, input: object) => Promise<unknown>;
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const values = Object.fromEntries(names.map((name) => [name, 'x']));
    await post(path.replace('/api/v1', ''), { path: values, body: {} });
    expect({ path, key: asked[0]?.headers.has('idempotency-key') }).toEqual({ path, key: takes });
  }
});

test('a route, a body and an answer that there are not do not compile', () => {
  const { comanda } = gateway([]);
  const wrong = [
    // @ts-expect-error There is no such route.
    () => comanda.get('/nothing'),
    // @ts-expect-error It is not deleted.
    () => comanda.delete('/orders'),
    // @ts-expect-error It needs a body.
    () => comanda.post('/orders'),
    // @ts-expect-error It needs the order.
    () => comanda.get('/orders/{orderId}'),
    // @ts-expect-error It has no such status.
    () => comanda.get('/orders', { query: { status: 'SHIPPED' } }),
    // @ts-expect-error It has no such field.
    () => comanda.post('/orders', { body: { ...ORDER, price: 1 } }),
    // @ts-expect-error Nor has its answer.
    async () => (await comanda.get('/orders')).total,
    // @ts-expect-error It is no list.
    () => comanda.each('/orders/{orderId}', { path: { orderId: 'o' } }),
  ];
  expect(wrong).toHaveLength(8);
});

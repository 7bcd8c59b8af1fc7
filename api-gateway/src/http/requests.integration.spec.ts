import { newId } from '@comanda/contracts';
import {
  type ApiOperation,
  answersIn,
  type OpenApiDocument,
  operationsOf,
  rawExchange,
  spoiltBodies,
} from '@comanda/test-kit';
import { describe, expect, test } from '@jest/globals';
import { type Called, useGateway } from '../../test/gateway-under-test.js';
import { ProblemDocument } from '../problems/problem.js';

const gateway = useGateway();

const product = (name: string) => `{"sku":"U1","name":${name},"price":1,"currency":"EUR"}`;
const BAD_UTF8 = ['e9', 'ff', 'c080', 'eda080', 'eda0bdedb880', 'e282', 'f4908080', '80'];
/** `{"sku":"U1","name":"Caf<bytes>","price":1,"currency":"EUR"}` */
const named = (hex: string) => {
  const [before = '', after = ''] = product('"Caf|"').split('|');
  return Buffer.concat([Buffer.from(before), Buffer.from(hex, 'hex'), Buffer.from(after)]);
};

const create = (body: unknown, headers: Record<string, string> = {}, accountId?: string) =>
  gateway.call('POST', '/api/v1/products', { token: gateway.token('staff', accountId), body, headers });

const outcome = ({ status, body }: Called) => [status, body.code];
/** Nobody answers behind this gateway: what is well formed comes as far as that. */
const TAKEN = [503, 'BROKER_UNAVAILABLE'];

const exchange = async (request: string | Uint8Array) =>
  answersIn(await rawExchange(Number(new URL(gateway.url).port), request));
const statuses = async (request: string | Uint8Array) =>
  (await exchange(request)).map(({ status }) => status);

describe('a body', () => {
  test.each(BAD_UTF8)('with the bytes %s, which are not UTF-8, is refused', async (hex) => {
    expect(outcome(await create(named(hex)))).toEqual([400, 'NOT_UTF8']);
    expect(outcome(await create(named(hex), { 'idempotency-key': 'same' }))).toEqual([400, 'NOT_UTF8']);
  });

  test('in UTF-8 is taken, with a byte order mark or without, and counts as the same', async () => {
    for (const hex of ['c3a9', 'f09f9880', 'efbfbd'])
      expect(outcome(await create(named(hex)))).toEqual(TAKEN);
    const one = { accountId: newId(), key: { 'idempotency-key': 'one' } };
    const text = named('c3a9');
    expect(outcome(await create(text, one.key, one.accountId))).toEqual(TAKEN);
    const marked = Buffer.concat([Buffer.from('efbbbf', 'hex'), text]);
    expect(outcome(await create(marked, one.key, one.accountId))).toEqual(TAKEN);
    // What cannot be read was mended to this once, and so was the same.
    expect((await create(named('efbfbd'), one.key, one.accountId)).status).toBe(422);
  });

  test.each([
    ['UTF-16 with its mark', Buffer.from(`\uFEFF${product('"x"')}`, 'utf16le'), 'NOT_UTF8'],
    ['UTF-16 without', Buffer.from(product('"x"'), 'utf16le'), 'MALFORMED_JSON'],
  ])('in %s is refused', async (_, body, code) => {
    expect(outcome(await create(body))).toEqual([400, code]);
  });

  test.each(['utf-16', 'iso-8859-1', 'latin1', 'UTF-16LE', '"windows-1252"', 'utf-8; charset=utf-16', ''])(
    'said to be in the charset %s is a 415',
    async (charset) => {
      const headers = { 'content-type': `application/json; charset=${charset}` };
      const answer = await create(product('"x"'), headers);
      expect(outcome(answer)).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
      expect(answer.body.detail).toContain('UTF-8');
    },
  );

  test.each(['utf-8', 'UTF-8', '"utf-8"', 'utf8'])('said to be in %s is taken', async (charset) => {
    const headers = { 'content-type': `application/json;charset=${charset}` };
    expect(outcome(await create(product('"x"'), headers))).toEqual(TAKEN);
  });

  test.each(['gzip', 'br', 'deflate', 'GZIP', 'identity, gzip', 'zstd', 'nonsense'])(
    'in the coding %s is a 415 that says so, and which coding is read',
    async (coding) => {
      const answer = await create(Buffer.from('1f8b0800', 'hex'), { 'content-encoding': coding });
      expect(outcome(answer)).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
      expect(answer.body.detail).toContain('Content-Encoding');
      expect(answer.headers.get('accept-encoding')).toBe('identity');
    },
  );

  test('in the coding "identity" is taken', async () => {
    expect(outcome(await create(product('"x"'), { 'content-encoding': 'identity' }))).toEqual(TAKEN);
  });

  test('that is not there may be said to be in any coding and charset', async () => {
    const headers = { 'content-encoding': 'gzip', 'content-type': 'text/html; charset=iso-8859-1' };
    const token = gateway.token('staff');
    for (const [method, path] of [
      ['GET', '/api/v1/products'],
      ['DELETE', `/api/v1/subscriptions/${newId()}`],
      ['POST', `/api/v1/orders/${newId()}/cancel`],
    ] as const)
      expect([method, ...outcome(await gateway.call(method, path, { token, headers }))]).toEqual([
        method,
        ...TAKEN,
      ]);
  });

  test.each([
    ['half of a surrogate pair', product('"a\\ud83db"'), 'name'],
    ['the other half', product('"\\ude00"'), 'name'],
    ['the halves in the wrong order', product('"\\ude00\\ud83d"'), 'name'],
    ['the character NUL', product('"a\\u0000b"'), 'name'],
    ['a field twice', `{"sku":"U2",${product('"x"').slice(1)}`, 'sku'],
    ['a field twice, written in two ways', `{"s\\u006bu":"U2",${product('"x"').slice(1)}`, 'sku'],
    ['a prototype', `{"__proto__":{"price":2},${product('"x"').slice(1)}`, '__proto__'],
    ['1e400', product('"x"').replace('1,', '1e400,'), 'price'],
    ['-1e400', product('"x"').replace('1,', '-1e400,'), 'price'],
    ['an integer beyond 2^53', product('"x"').replace('1,', '9007199254740993,'), 'price'],
  ])('with %s is refused, and says where', async (_, body, path) => {
    const answer = await create(body);
    expect(outcome(answer)).toEqual([400, 'INVALID_REQUEST']);
    expect(answer.body.errors).toContainEqual({ path, message: expect.any(String) });
  });

  test('with half of a surrogate pair is refused by each route that takes one, also as the name of a field', async () => {
    const orderId = newId();
    const half = '{"reason":"a\\ud83db"}';
    for (const [path, body, where] of [
      [`/orders/${orderId}/cancel`, half, 'reason'],
      [`/orders/${orderId}/refunds`, half, 'reason'],
      [`/products/${orderId}/stock-adjustments`, half.replace('}', ',"delta":1}'), 'reason'],
      ['/subscriptions', '{"eventTypes":["order.*","\\udc00"]}', 'eventTypes[1]'],
      ['/auth/register', '{"password":"\\ud83d1234567890"}', 'password'],
      ['/orders', '{"\\ud83d":1}', '\ud83d'],
    ] as const) {
      const answer = await gateway.call('POST', `/api/v1${path}`, { token: gateway.token('staff'), body });
      expect([path, ...outcome(answer)]).toEqual([path, 400, 'INVALID_REQUEST']);
      // A half of its own cannot travel: it arrives as U+FFFD.
      expect(answer.body.errors[0].path).toBe(where.toWellFormed());
    }
  });

  test('that is empty counts as none, whatever type it is said to have', async () => {
    const answer = await create('');
    expect(outcome(answer)).toEqual([400, 'INVALID_REQUEST']);
    const path = `/api/v1/orders/${newId()}/cancel`;
    const cancelled = await gateway.call('POST', path, { token: gateway.token('customer'), body: '' });
    expect(outcome(cancelled)).toEqual(TAKEN);
  });

  test.each(['GET', 'HEAD', 'DELETE'])('of a %s is refused: it would say nothing', async (method) => {
    const request = (more: string) =>
      `${method} /api/v1/products HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${more}`;
    for (const more of [
      'content-length: 2\r\n\r\n{}',
      'transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
    ])
      expect(await statuses(request(more))).toEqual([400]);
    expect(await statuses(request('content-length: 0\r\n\r\n'))).not.toEqual([400]);
  });
});

describe('a URL', () => {
  test.each([
    ...['q=%E9', 'q=%ED%A0%80', 'q=%00', 'q=%C0%80', 'q=%zz', 'q=%', '%E9=1', 'q=caf\u00e9'].map(
      (q) => `/api/v1/products?${q}`,
    ),
    ...['%E9', '%ED%A0%80', '%00', '%', '%zz', 'caf\u00e9'].flatMap((part) => [
      `/api/v1/products/${part}`,
      `/api/v1/${part}`,
      `/${part}`,
      `/api/v1/dead-letters/${part}/replay?dryRun=true`,
    ]),
  ])('%s, which is no percent-encoded UTF-8, is refused', async (target) => {
    const [answer, ...more] = await exchange(
      Buffer.from(`GET ${target} HTTP/1.1\r\nhost: x\r\n\r\n`, 'utf8'),
    );
    expect([answer?.status, more]).toEqual([400, []]);
    const problem = ProblemDocument.parse(JSON.parse(answer?.body ?? ''));
    expect(problem.code).toBe('MALFORMED_URL');
    expect(problem.correlationId).toBe(answer?.headers['x-correlation-id']);
  });

  test.each(['q=caf%C3%A9', 'q=%F0%9F%98%80', 'q=%25', 'q=a+b'])('%s is read', async (query) => {
    expect(outcome(await gateway.call('GET', `/api/v1/products?${query}`))).toEqual(TAKEN);
  });

  test('may name the host, as it does to a proxy', async () => {
    const request = (target: string) => `GET ${target} HTTP/1.1\r\nhost: x\r\n\r\n`;
    for (const [target, status] of [
      ['http://shop.example/health/live', 200],
      ['HTTPS://shop.example:443/health/live?', 200],
      ['http://shop.example', 404],
      ['http://shop.example?x=1', 404],
    ] as const)
      expect([target, ...(await statuses(request(target)))]).toEqual([target, status]);
  });
});

test('what is no request is answered behind the request before it, which may have been carried out', async () => {
  const request = 'GET /api/v1/products HTTP/1.1\r\nhost: x\r\n\r\n';
  expect(await statuses(`${request}NONSENSE\r\n\r\n`)).toEqual([503, 400]);
  expect(await statuses(`${request.slice(0, -2)}expect: nonsense\r\n\r\n`)).toEqual([417]);
  expect(await statuses(request.replace('GET', 'CONNECT'))).toEqual([405]);
});

test('the longest id there is has room in a path, also when it is all percent-encoded', async () => {
  const token = gateway.token('staff');
  for (const id of ['%'.repeat(100), '/'.repeat(100), 'x'.repeat(100)]) {
    const path = `/api/v1/dead-letters/${encodeURIComponent(id)}`;
    expect([id, ...outcome(await gateway.call('GET', path, { token }))]).toEqual([id, ...TAKEN]);
  }
});

describe('a header', () => {
  const get = (more: string) => `GET /api/v1/products HTTP/1.1\r\n${more}\r\n`;
  const codeOf = ({ body }: { body: string }) => ProblemDocument.parse(JSON.parse(body)).code;

  test.each(['Host', 'Authorization', 'Idempotency-Key', 'X-Correlation-Id', 'Content-Type'])(
    '%s that stands there twice is refused',
    async (name) => {
      const [answer, ...more] = await exchange(get(`Host: x\r\n${name}: a\r\n${name}: a\r\n`));
      expect([answer?.status, answer && codeOf(answer), more]).toEqual([400, 'BAD_REQUEST', []]);
    },
  );

  test('Host that is missing is asked for', async () => {
    const [answer] = await exchange(get(''));
    expect([answer?.status, answer && codeOf(answer)]).toEqual([400, 'BAD_REQUEST']);
    expect(await statuses('GET /health/live HTTP/1.0\r\n\r\n')).toEqual([200]);
  });

  test.each(['caf\u00e9', '\ud83d\ude00', 'a\tb'])('Idempotency-Key: %s is refused', async (key) => {
    const request = `POST /api/v1/orders HTTP/1.1\r\nhost: x\r\nidempotency-key: ${key}\r\n`;
    const token = gateway.token('customer');
    await gateway.call('GET', '/api/v1/orders', { token }); // so that its account is there
    const more = `authorization: Bearer ${token}\r\ncontent-length: 0\r\n\r\n`;
    const [answer] = await exchange(Buffer.from(request + more));
    expect([answer?.status, answer && codeOf(answer)]).toEqual([400, 'INVALID_IDEMPOTENCY_KEY']);
  });

  test('X-Correlation-Id of other bytes is replaced, Authorization of other bytes is no token', async () => {
    const [made] = await exchange(Buffer.from(get('host: x\r\nx-correlation-id: caf\u00e9\r\n')));
    expect(made?.headers['x-correlation-id']).toMatch(/^[0-9a-f-]{36}$/);
    const [none] = await exchange(
      Buffer.from(get('host: x\r\nauthorization: Bearer \u00e9.\u00e9.\u00e9\r\n')),
    );
    expect([none?.status, none && codeOf(none)]).toEqual([401, 'TOKEN_INVALID']);
  });
});

/** Each is wrong for most fields, and fits some. */
const VALUES = [
  null,
  0,
  -1,
  1.5,
  2 ** 53,
  '',
  'x',
  'x'.repeat(5_000),
  'a\tb',
  [],
  [1],
  {},
  { unknown: 1 },
  undefined,
];
const TEXTS = ['', '-1', '1e400', 'x'.repeat(5_000), 'nonsense', '2026-02-30T00:00:00Z', 'a\tb'];

const filledIn = (path: string, value = newId()) => path.replaceAll(/\{\w+\}/g, encodeURIComponent(value));

/** Requests that have each of these in the place of each field, parameter and part of the path. */
function spoiltRequests({ path, parameters, body }: ApiOperation): { path: string; body?: unknown }[] {
  const inQuery = parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name);
  const bodies = body ? VALUES.flatMap((value) => spoiltBodies(body, value)) : [];
  const queries = TEXTS.flatMap((text) =>
    inQuery.map((name) => `${encodeURIComponent(name)}=${encodeURIComponent(text)}`),
  );
  return [
    ...bodies.map((spoilt) => ({ path: filledIn(path), body: spoilt })),
    ...(path.includes('{') ? TEXTS.map((text) => ({ path: filledIn(path, text || 'x') })) : []),
    ...[...queries, ...inQuery.map((name) => `${name}=1&${name}=1`), 'unknown=1'].map((query) => ({
      path: `${filledIn(path)}?${query}`,
    })),
  ];
}

/** What zod, Fastify, Nest, Node and V8 say by themselves, what is no word, and ours for schemas that say nothing. */
const NOT_OURS =
  /^(Invalid|Too (big|small)|Unrecognized|Expected|Required)\b|expected .* received|to (have|be) [<>]|FST_|HPE_|Unexpected|at position|Cannot (GET|POST|PATCH|DELETE)|Route .* not found|Unsupported Media Type|^Bad Request|^Not Found$|undefined|\[object|NaN|Infinity|of (the|another) form|is not allowed here/;
/** How a message about a field begins. */
const OURS = /^(the body )?(is,?|must|holds|stands) /;

test('every wrong value is told in our words, which say what to send, on every route', async () => {
  const operations = operationsOf((await gateway.call('GET', '/docs-json')).body as OpenApiDocument);
  const tokens = { operator: gateway.token('operator'), customer: gateway.token('customer') };
  const details = new Map<string, string>();
  const messages = new Map<string, string>();
  for (const operation of operations)
    for (const { path, ...rest } of spoiltRequests(operation)) {
      const { method } = operation;
      let answer = await gateway.call(method, path, { token: tokens.operator, ...rest });
      if (answer.status === 403)
        answer = await gateway.call(method, path, { token: tokens.customer, ...rest });
      if (answer.status < 400) continue;
      const { status, detail, errors = [] } = ProblemDocument.parse(answer.body);
      expect([method, path, status]).not.toEqual([method, path, 500]);
      details.set(detail, `${method} ${path}`);
      for (const { message } of errors) messages.set(message, `${method} ${path}`);
    }
  expect([...details, ...messages].filter(([text]) => NOT_OURS.test(text))).toEqual([]);
  expect([...messages].filter(([text]) => !OURS.test(text))).toEqual([]);
  expect(messages.size).toBeGreaterThan(30);
});

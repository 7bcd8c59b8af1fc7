import { Unavailable } from '@comanda/messaging';
import { describe, expect, test } from '@jest/globals';
import { NotFoundException } from '@nestjs/common';
import { z } from 'zod';
import { problemOfRefusal } from '../problems/problem.js';
import { problemOfError } from '../problems/problem-of-error.js';
import { invalidRequest } from '../problems/validation.js';
import { idempotencyKeyOf } from '../routes/idempotency-key.js';
import { AllowedMethods } from './allowed-methods.js';
import { headersFor } from './answer-headers.js';
import { correlationIdOf } from './correlation-id.js';
import { flawsOf, isTooDeep } from './json-text.js';
import { isLoopbackHost } from './loopback-host.js';
import { traceparentFor } from './traceparent.js';

test('browsers are told to come back over TLS when the request came over it', () => {
  const url = '/api/v1/products?q=1';
  expect(headersFor({ url, protocol: 'https' })).toMatchObject({
    'strict-transport-security': 'max-age=31536000',
    'cache-control': 'no-store',
  });
  expect(headersFor({ url, protocol: 'http' })).not.toHaveProperty('strict-transport-security');
  expect(headersFor({ url: '/docs', protocol: 'http' })).not.toHaveProperty('cache-control');
});

test('a service that cannot answer now, or not yet, says when to come back; one that refuses does not', () => {
  const refusal = { code: 'UNKNOWN_QUERY', detail: 'The service does not know this question yet.' };
  expect(problemOfRefusal({ ...refusal, status: 503 }).headers).toEqual({ 'retry-after': '3' });
  expect(problemOfRefusal({ ...refusal, status: 409, code: 'SKU_TAKEN' }).headers).toEqual({});
});

test('the methods of a path are those of all routes whose pattern it fits', () => {
  const known = new AllowedMethods();
  known.add('/orders', ['POST', 'GET']);
  known.add('/orders', ['HEAD']);
  known.add('/orders/:orderId', ['GET']);
  known.add('/orders/mine', ['DELETE']);
  known.add('/docs/*', ['GET']);
  expect(known.of('/orders')).toEqual(['GET', 'HEAD', 'POST']);
  expect(known.of('/orders/mine')).toEqual(['DELETE', 'GET']);
  expect(known.of('/docs/a/b.css')).toEqual(['GET']);
  for (const unknown of ['/', '', '/order', '/orders/', '/orders/1/2', '/docs', '*', '/Orders'])
    expect([unknown, known.of(unknown)]).toEqual([unknown, []]);
});

describe('traceparent', () => {
  const given = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

  test('stays in the trace of the client and names a span of its own', () => {
    const own = traceparentFor(given);
    expect(own).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01$/);
    expect(own).not.toBe(given);
  });

  test('keeps the decision not to sample', () => {
    expect(traceparentFor(given.replace(/01$/, '00'))).toMatch(/-00$/);
  });

  test.each([
    undefined,
    '',
    'ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    `00-4bf92f3577b34da6a3ce929d0e0e4736-${'0'.repeat(16)}-01`,
    given.toUpperCase(),
  ])('begins a new trace when it is given %s', (malformed) => {
    const made = Array.from({ length: 300 }, () => traceparentFor(malformed));
    for (const one of made) expect(one).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(new Set(made).size).toBe(300);
    expect(made[0]).not.toContain('4bf92f3577b34da6a3ce929d0e0e4736');
  });
});

describe('the Host of a request to the demo', () => {
  test.each(
    `localhost localhost:3000 LocalHost:3000 shop.localhost:3000 127.0.0.1 127.0.0.1:3000 127.8.9.10:80 [::1] [::1]:3000`.split(
      ' ',
    ),
  )('%s is this machine', (host) => {
    expect(isLoopbackHost(host)).toBe(true);
  });

  test.each([
    undefined,
    '',
    ':3000',
    'evil.example',
    'evil.example:3000',
    'localhost.evil.example',
    'evillocalhost',
    '127.0.0.1.evil.example',
    '127.evil.example',
    '10.0.0.1:3000',
    '0.0.0.0:3000',
    '[::ffff:10.0.0.1]',
    '[::]:3000',
    'localhost@evil.example',
    'evil.example/localhost',
    'localhost:3000:80',
  ])('%s is not', (host) => {
    expect(isLoopbackHost(host)).toBe(false);
  });
});

test('a correlation id is taken up to 128 printable characters', () => {
  expect(correlationIdOf({ 'x-correlation-id': 'x'.repeat(128) })).toBe('x'.repeat(128));
  for (const bad of ['', 'x'.repeat(129), 'a\tb', 'é'])
    expect(correlationIdOf({ 'x-correlation-id': bad })).toMatch(/^[0-9a-f-]{36}$/);
});

test('an Idempotency-Key is up to 255 printable ASCII characters', () => {
  expect(idempotencyKeyOf(undefined)).toBeUndefined();
  expect(idempotencyKeyOf('k'.repeat(255))).toBe('k'.repeat(255));
  for (const bad of ['', 'k'.repeat(256), 'naïve', 'a\u0001', ['a', 'b']])
    expect(() => idempotencyKeyOf(bad)).toThrow(/1 to 255 printable ASCII/);
});

test.each([
  [`${'['.repeat(32)}${']'.repeat(32)}`, false],
  [`${'['.repeat(33)}${']'.repeat(33)}`, true],
  [`${'{"a":['.repeat(17)}`, true],
  [JSON.stringify(Array(1_000).fill({ a: [] })), false],
  [JSON.stringify({ text: `\\"${'['.repeat(100)}` }), false],
  [`"\\\\"${'['.repeat(33)}`, true],
  ['', false],
])('%.40s is nested too deep: %s', (json, tooDeep) => {
  expect(isTooDeep(json)).toBe(tooDeep);
});

test.each([
  ['{"a": {"b": 1, "a": 2}, "c": [1, {"b": 1}], "d": "a", "e": "\\ud83d\\ude00 \\u00e9"}', []],
  ['{"a": 1, "b": {}, "\\u0061": 2}', [['a', 'stands there twice; send it once']]],
  ['[0, {"x": [{"y": 1, "y": 1}]}]', [['[1].x[0].y', 'stands there twice; send it once']]],
  ['{"a": "b:", "b": "a\\ud83db"}', [['b', expect.stringContaining('half of a surrogate pair')]]],
  ['["fine", "\\u0000"]', [['[1]', expect.stringContaining('NUL')]]],
  ['{"\\udc00": 1}', [[expect.any(String), expect.stringContaining('half of a surrogate pair')]]],
  ['{"a" : {"__proto__"\n: {}}}', [['a.__proto__', 'is not a known field; leave it out']]],
  ['"\\"{\\\\"', []],
])('JSON.parse lets %s pass, with these flaws', (json, flaws) => {
  expect(JSON.parse(json)).toBeDefined();
  expect(flawsOf(json).map(({ path, message }) => [path, message])).toEqual(flaws);
});

test('a body full of flaws is not answered by a multiple of it', () => {
  const name = 'x'.repeat(40_000);
  const flaws = flawsOf(`{"${name}": {${Array(5_000).fill('"a": 0').join(',')}}}`);
  expect(flaws).toHaveLength(50);
  expect(JSON.stringify(flaws).length).toBeLessThan(20_000);
});

describe('what was thrown becomes', () => {
  test('a 503 that says when to come back, when nobody can answer', () => {
    const problem = problemOfError(new Unavailable('service', 'queue products_queries'));
    expect(problem).toMatchObject({ status: 503, headers: { 'retry-after': expect.any(String) } });
    expect(problem?.detail).not.toMatch(/queue/);
  });

  test.each(['ECONNREFUSED', '57P01', 'SQLITE_BUSY'])('the same when our own database says %s', (code) => {
    const problem = problemOfError(Object.assign(new Error('connect 10.0.0.7:5432'), { code }));
    expect(problem).toMatchObject({
      status: 503,
      code: 'STORAGE_UNAVAILABLE',
      headers: { 'retry-after': expect.any(String) },
    });
    expect(problem?.detail).not.toMatch(/10\.0/);
  });

  test('a problem without the words of the framework', () => {
    expect(problemOfError(new NotFoundException('Cannot GET /x'))?.detail).not.toMatch(/Cannot GET/);
  });

  test('nothing that a client could read, when it is our own mistake', () => {
    expect(problemOfError(new TypeError('x is undefined'))).toBeUndefined();
    expect(problemOfError('text')).toBeUndefined();
    expect(problemOfError(undefined)).toBeUndefined();
  });
});

describe('what is wrong with a request is told by path', () => {
  const errorsOf = (schema: z.ZodType, value: unknown) =>
    invalidRequest(schema.safeParse(value).error?.issues ?? []).errors;

  test('of several forms of a body, in terms of the one that was meant', () => {
    const form = z.union([
      z.strictObject({ many: z.array(z.strictObject({ n: z.number() })) }),
      z.strictObject({ n: z.number() }),
    ]);
    expect(errorsOf(form, { many: [{ n: 1 }, { n: 'x' }] })).toEqual([
      { path: 'many[1].n', message: 'must be a number' },
    ]);
    expect(errorsOf(form, { n: 'x' })).toEqual([{ path: 'n', message: 'must be a number' }]);
    expect(errorsOf(form, { n: 1, o: 2 })).toEqual([
      { path: 'o', message: 'is not a known field; known are n' },
    ]);
  });

  test('at most fifty mistakes', () => {
    const many = Object.fromEntries(Array.from({ length: 80 }, (_, at) => [`x${at}`, 1]));
    expect(errorsOf(z.strictObject({}), many)).toHaveLength(50);
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OpenApiDocument } from '@comanda/test-kit';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Random } from '../chaos/random.js';
import { spoilt } from './bytes.js';
import { type FuzzedRequest, routesOf } from './requests.js';

const file = join(import.meta.dirname, '../../docs/openapi.json');
const document = JSON.parse(readFileSync(file, 'utf8')) as OpenApiDocument;
const SENDERS = { often: ['nobody', 'customer', 'owner'], sweepers: ['owner'] };
const routes = () => routesOf(document, SENDERS, {});
const drawn = (seed: number, numRuns = 60) =>
  routes().map(({ requests }) => fc.sample(requests, { seed, numRuns }));
const all = drawn(1).flat();
const shareOf = (holds: (request: FuzzedRequest) => boolean) => all.filter(holds).length / all.length;

test('the same seed sends the same requests, and more of them begin alike', () => {
  expect(drawn(5, 20)).toEqual(drawn(5, 20));
  expect(drawn(5, 20)).toEqual(drawn(5, 40).map((requests) => requests.slice(0, 20)));
  expect(drawn(5, 20)).not.toEqual(drawn(6, 20));
});

test('the same seed spoils them into the same bytes', () => {
  const bytes = () => {
    const random = new Random(5);
    return all.slice(0, 200).map((request) => spoilt(random, request, { authorization: 'Bearer x' }));
  };
  expect(bytes()).toEqual(bytes());
});

test('some are good, some are broken, by everybody, with every header', () => {
  for (const caller of SENDERS.often) expect(shareOf((one) => one.caller === caller)).toBeGreaterThan(0.2);
  const names = new Set(all.flatMap(({ headers }) => Object.keys(headers)));
  for (const name of [
    'idempotency-key',
    'x-correlation-id',
    'traceparent',
    'authorization',
    'x-api-key',
    'content-type',
    'last-event-id',
    'origin',
    'if-none-match',
  ])
    expect(names).toContain(name);
  const json = (text: string): boolean => {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  };
  const withBody = all.flatMap(({ body }) => body ?? []);
  const broken = withBody.filter((body) => !json(body)).length / withBody.length;
  expect(broken).toBeGreaterThan(0.01);
  expect(broken).toBeLessThan(0.3);
  expect(shareOf(({ target }) => /%00|%ED%A0%80|\.\.|%0D%0A/.test(target))).toBeGreaterThan(0.01);
});

test('a sweep has each hostile text in the place of each field, parameter and header', () => {
  for (const { name, operation, sweep } of routes()) {
    const parameters = operation.parameters.filter((one) => one.in !== 'header');
    for (const hostile of ["'; DROP TABLE orders; --", 'a\r\nset-cookie: a=1', '__proto__']) {
      const written = encodeURIComponent(hostile);
      expect([name, sweep.filter(({ target }) => target.includes(written)).length]).toEqual([
        name,
        parameters.length,
      ]);
    }
    const fields = Object.keys(operation.body?.properties ?? {});
    const bodies = sweep.flatMap(({ body }) =>
      body === undefined ? [] : [JSON.parse(body) as Record<string, unknown>],
    );
    for (const field of fields)
      expect([name, field, bodies.some((body) => body[field] === '__proto__')]).toEqual([name, field, true]);
  }
});

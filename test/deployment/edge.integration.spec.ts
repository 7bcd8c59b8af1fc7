import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import { Agent, type RequestOptions, request } from 'node:https';
import { text } from 'node:stream/consumers';
import { type NginxServer, startNginx } from '@comanda/local-infra';
import { Folder, HttpServer } from '@comanda/test-kit';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { makeCertificates } from '../support/certificates.js';

/** What a gateway was asked. */
interface Asked {
  readonly gateway: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const folder = new Folder();
const asked: Asked[] = [];
const gateways: HttpServer[] = [];
let edge: NginxServer;
let agent: Agent;
/** What the gateway that is asked first does; the next one answers 202. */
let first: RequestListener | undefined;

beforeAll(async () => {
  for (const gateway of [0, 1])
    gateways.push(
      await HttpServer.start(async (incoming, answer) => {
        asked.push({ gateway, headers: incoming.headers, body: await text(incoming) });
        const now = first;
        first = undefined;
        if (now) now(incoming, answer);
        else answer.writeHead(202).end(`${gateway}`);
      }),
    );
  const { ca, certificate, key } = makeCertificates(folder.path, 'shop.example');
  agent = new Agent({ ca: readFileSync(ca), servername: 'shop.example', keepAlive: true });
  edge = await startNginx({
    directory: folder.file('edge'),
    gateways: gateways.map(({ port }) => port),
    tls: { certificate, key },
  });
});
afterAll(async () => {
  agent?.destroy();
  await edge?.discard();
  await Promise.all(gateways.map((gateway) => gateway.stop()));
  folder.remove();
});
beforeEach(() => {
  asked.length = 0;
  first = undefined;
});

async function ask(method: string, headers: RequestOptions['headers'] = {}, body?: string) {
  const sent = request(`${edge.url}/api/v1/orders`, { method, headers, agent });
  sent.end(body);
  const [response] = await once(sent, 'response');
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}
const keys = () => asked.map(({ headers }) => headers['idempotency-key']);

test('plain HTTP leads to TLS', async () => {
  const answer = await fetch(`${edge.plainUrl}/api/v1/orders?limit=1`, { redirect: 'manual' });
  expect([answer.status, answer.headers.get('location')]).toEqual([
    308,
    'https://127.0.0.1/api/v1/orders?limit=1',
  ]);
});

test('a gateway hears the address of the client, and nothing that the client claims about it', async () => {
  await ask('GET', { 'x-forwarded-for': '203.0.113.9', forwarded: 'for=203.0.113.9', host: 'shop.example' });
  expect(asked).toHaveLength(1);
  expect(asked[0]?.headers).toMatchObject({
    host: 'shop.example',
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'https',
  });
  expect(asked[0]?.headers).not.toHaveProperty('forwarded');
});

test('a POST has a key: its own or, for its own lifetime, one of the edge; what is no POST has its own alone', async () => {
  await ask('POST', { 'idempotency-key': 'mine' }, '{}');
  await ask('POST', {}, '{}');
  await ask('POST', {}, '{}');
  await ask('GET');
  await ask('PATCH', {}, '{}');
  const [own, one, other, ...none] = keys();
  expect(own).toBe('mine');
  for (const made of [one, other]) expect(made).toMatch(/^[0-9a-f]{32}$/);
  expect(one).not.toBe(other);
  expect(none).toEqual([undefined, undefined]);
});

test.each<[string, RequestListener]>([
  ['ends in the midst of it', (incoming) => incoming.socket.destroy()],
  ['says that it can’t now', (_, answer) => answer.writeHead(503).end()],
])('a POST at a gateway that %s is sent once more, to another, with the same key', async (_, happens) => {
  first = happens;
  expect(await ask('POST', {}, '{"quantity":1}')).toMatchObject({ status: 202 });
  expect(asked.map(({ body }) => body)).toEqual(['{"quantity":1}', '{"quantity":1}']);
  expect(new Set(asked.map(({ gateway }) => gateway)).size).toBe(2);
  expect(new Set(keys()).size).toBe(1);
});

test.each([500, 409, 429])('an answer of %i is an answer', async (status) => {
  first = (_, answer) => answer.writeHead(status).end('as it is');
  expect(await ask('POST', {}, '{}')).toMatchObject({ status, body: 'as it is' });
  expect(asked).toHaveLength(1);
});

test('an event of a stream is there before the stream is over', async () => {
  let more: (() => void) | undefined;
  first = (_, answer) => {
    answer.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
    more = () => answer.end('data: 2\n\n');
  };
  const sent = request(`${edge.url}/api/v1/live`, { agent }).end();
  const [response] = await once(sent, 'response');
  const [chunk] = await once(response, 'data');
  expect(String(chunk)).toBe('data: 1\n\n');
  more?.();
  expect(await text(response)).toBe('data: 2\n\n');
});

// The last two: they don't come back.
test('a gateway that is away is never heard of, however often it would have its turn', async () => {
  await gateways[1]?.stop();
  for (let at = 0; at < 10; at++) expect((await ask('POST', {}, '{}')).status).toBe(202);
  expect(asked.map(({ gateway }) => gateway)).toEqual(Array(10).fill(0));
});

test('where no gateway answers, a client is told in the words of a gateway to come back', async () => {
  await Promise.all(gateways.map((gateway) => gateway.stop()));
  const { status, headers, body } = await ask('POST', {}, '{}');
  expect([status, headers['retry-after'], headers['content-type']]).toEqual([
    503,
    '1',
    'application/problem+json',
  ]);
  expect(JSON.parse(body)).toMatchObject({ status: 503, code: 'SERVICE_UNAVAILABLE' });
});

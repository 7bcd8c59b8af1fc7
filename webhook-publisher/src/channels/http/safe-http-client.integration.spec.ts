import type { IncomingMessage, RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpServer } from '@comanda/test-kit';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { LOOPBACK } from './address-rules.js';
import { MAX_SHOWN_BYTES } from './readable-body.js';
import type { LookupAll } from './resolve-safely.js';
import { SafeHttpClient } from './safe-http-client.js';

const limits = { timeoutMs: 5_000 };
const post = (url: string) => ({ url, body: '{"a":1}', headers: { 'webhook-id': 'evt-1' } });

let servers: HttpServer[];
let clients: SafeHttpClient[];

beforeEach(() => {
  servers = [];
  clients = [];
});
afterEach(async () => {
  for (const one of clients) one.close();
  await Promise.all(servers.map((server) => server.stop()));
});

async function serve(listener: RequestListener): Promise<{ readonly url: string }> {
  const server = await HttpServer.start(listener);
  servers.push(server);
  return { url: `${server.url}/hook` };
}

const rules = { listed: LOOPBACK, publicToo: false, refusal: 'not allowed' };

function client(lookup?: LookupAll): SafeHttpClient {
  const made = new SafeHttpClient({
    rules,
    connectTimeoutMs: 2_000,
    ...(lookup && { lookup }),
  });
  clients.push(made);
  return made;
}

describe('an endpoint that answers', () => {
  test('gets the exact bytes and headers by POST, and its answer is kept', async () => {
    let seen: { request: IncomingMessage; body: string } | undefined;
    const { url } = await serve(async (request, response) => {
      seen = { request, body: await text(request) };
      response.writeHead(202).end('thanks');
    });
    const body = Buffer.from('{"name":"café ☕"}');
    const result = await client().post({ url, body, headers: { 'webhook-id': 'evt-1' } }, limits);
    expect(result).toEqual({
      kind: 'answer',
      status: 202,
      header: expect.any(Function),
      text: 'thanks',
      notes: [],
      durationMs: expect.any(Number),
    });
    expect(seen?.body).toBe('{"name":"café ☕"}');
    expect(seen?.request.method).toBe('POST');
    expect(seen?.request.headers).toMatchObject({
      'webhook-id': 'evt-1',
      'content-type': 'application/json',
      'content-length': String(body.length),
      'accept-encoding': 'identity',
    });
  });
});

describe('an endpoint that answers too much', () => {
  test('is read up to 16 KiB and then cut off', async () => {
    const closed = Promise.withResolvers<number>();
    const { url } = await serve((_request, response) => {
      let written = 0;
      const more = () => {
        while (!response.destroyed) {
          written += 65_536;
          if (!response.write(Buffer.alloc(65_536, 'x'))) return;
        }
      };
      response.on('drain', more).on('close', () => closed.resolve(written));
      more();
    });
    const result = await client().post(post(url), limits);
    expect(result).toMatchObject({
      kind: 'answer',
      status: 200,
      text: 'x'.repeat(MAX_SHOWN_BYTES),
      notes: ['only the first 16 KiB of the answer are kept'],
    });
    // The receiver would have written without end had we gone on reading; what it wrote fits into the socket buffers.
    expect(await closed.promise).toBeLessThan(32 * 1024 * 1024);
  });

  test('of exactly 16 KiB is kept whole', async () => {
    const { url } = await serve((_request, response) => void response.end('x'.repeat(MAX_SHOWN_BYTES)));
    expect(await client().post(post(url), limits)).toMatchObject({ notes: [] });
  });
});

describe('an endpoint that does not answer', () => {
  const short = { timeoutMs: 300 };

  test('because nobody listens is a network failure', async () => {
    const { url } = await serve(() => {});
    await servers.pop()?.stop();
    const result = await client().post(post(url), limits);
    expect(result).toMatchObject({
      kind: 'failure',
      reason: 'network',
      detail: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test('because its name does not exist is a DNS failure', async () => {
    const missing: LookupAll = (name, _options, callback) =>
      callback(Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' }), []);
    const result = await client(missing).post(post('http://gone.example.com/'), limits);
    expect(result).toMatchObject({ kind: 'failure', reason: 'dns' });
  });

  test('because DNS is silent is given up when its time is over', async () => {
    const result = await client(() => {}).post(post('http://slow.example.com/'), short);
    const detail = 'no complete answer within 300 ms';
    expect(result).toMatchObject({ kind: 'failure', reason: 'timeout', detail });
  });

  test('because the connection does not come about is given up before the time of the whole answer', async () => {
    const http = new SafeHttpClient({ rules, connectTimeoutMs: 200, lookup: () => {} });
    clients.push(http);
    const result = await http.post(post('http://slow.example.com/'), { timeoutMs: 20_000 });
    expect(result).toMatchObject({
      kind: 'failure',
      reason: 'timeout',
      detail: 'no connection within 200 ms',
    });
  });

  test('in time gets nothing afterwards, when the connection stands at last', async () => {
    let calls = 0;
    const { url } = await serve((_request, response) => {
      calls += 1;
      response.end();
    });
    const late: LookupAll = (_name, _options, callback) =>
      void setTimeout(() => callback(null, [{ address: '127.0.0.1', family: 4 }]), 300);
    const named = url.replace('127.0.0.1', 'late.example.com');
    expect(await client(late).post(post(named), { timeoutMs: 100 })).toMatchObject({ reason: 'timeout' });
    await sleep(600);
    expect(calls).toBe(0);
  });
});

describe('a mistake of our own', () => {
  test('is not taken for a failure of the endpoint', async () => {
    const { url } = await serve((_request, response) => void response.end());
    const bad = { url, body: '{}', headers: { 'bad header': 'x' } };
    await expect(client().post(bad, limits)).rejects.toThrow();
  });
});

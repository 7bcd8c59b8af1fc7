import { connect, type Socket } from 'node:net';
import { until } from '@comanda/kit';
import { answersIn, rawExchange } from '@comanda/test-kit';
import { afterEach, describe, expect, test } from '@jest/globals';
import { useGateway } from '../../test/gateway-under-test.js';

const gateway = useGateway();
const port = () => Number(new URL(gateway.url).port);
const exchange = async (bytes: string | Uint8Array) => answersIn(await rawExchange(port(), bytes));
const statuses = async (bytes: string | Uint8Array) => (await exchange(bytes)).map(({ status }) => status);

const get = (target: string, more = '', version = 'HTTP/1.1') =>
  `GET ${target} ${version}\r\nhost: x\r\n${more}\r\n`;
const LIVE = get('/health/live');
const post = (headers: string, body: string) =>
  `POST /api/v1/products HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${headers}\r\n${body}`;
const marked = (id: string, request: string) => request.replace('\r\n', `\r\nx-correlation-id: ${id}\r\n`);
const marks = (text: string) => answersIn(text).map(({ headers }) => headers['x-correlation-id']);

interface Line {
  readonly socket: Socket;
  text: string;
  closed: boolean;
}
const lines: Line[] = [];
afterEach(() => {
  for (const { socket } of lines.splice(0)) socket.destroy();
});

function dial(bytes: string): Line {
  const socket = connect({ port: port(), host: '127.0.0.1', allowHalfOpen: true });
  const line: Line = { socket, text: '', closed: false };
  lines.push(line);
  socket.on('data', (data) => {
    line.text += data.toString('latin1');
  });
  socket.on('error', () => undefined); // a server that refuses may reset
  socket.on('close', () => {
    line.closed = true;
  });
  socket.write(bytes);
  return line;
}

const requestsTo = (path: string) => gateway.log.filter((line) => line.path === path);

/** How many connections the gateway has open. */
const connections = () =>
  new Promise<number>((resolve, reject) =>
    gateway.app.getHttpServer().getConnections((error: Error | null, count: number) => {
      if (error) reject(error);
      else resolve(count);
    }),
  );

describe('requests one behind the other', () => {
  const body = JSON.stringify({ email: 'nobody@example.org', password: 'not the one of it' });
  /** A password is hashed for it. */
  const slow = post(`content-length: ${body.length}\r\n`, body).replace('/products', '/auth/token');

  test('are answered in their order, however long each takes', async () => {
    const requests = Array.from({ length: 10 }, (_, at) => (at % 4 === 0 ? slow : LIVE));
    const line = dial(requests.map((one, at) => marked(`r${at}`, one)).join(''));
    await until('all are answered', () => marks(line.text).length === requests.length);
    expect(marks(line.text)).toEqual(requests.map((_, at) => `r${at}`));
    expect(answersIn(line.text).map(({ status }) => status)).toEqual(
      requests.map((one) => (one === slow ? 401 : 200)),
    );
  });

  test('are not answered by the thousand to a client that reads none of it', async () => {
    const line = dial('');
    line.socket.pause();
    line.socket.write(get('/docs-json').repeat(2_000));
    await until('it is refused', () => requestsTo('/docs-json').some(({ status }) => status === 429));
    line.socket.resume();
    await until('it ends', () => line.closed);
    // Two thousand would be hundreds of megabytes.
    expect(requestsTo('/docs-json').filter(({ status }) => status === 200).length).toBeLessThan(100);
  });

  test('are each whole when they come byte by byte', async () => {
    const line = dial('');
    const bytes = marked('a', LIVE) + marked('b', post('content-length: 2\r\n', '{}')) + marked('c', LIVE);
    for (const byte of bytes) await new Promise((resolve) => line.socket.write(byte, resolve));
    await until('all are answered', () => marks(line.text).length === 3);
    expect(answersIn(line.text).map(({ status }) => status)).toEqual([200, 401, 200]);
    expect(marks(line.text)).toEqual(['a', 'b', 'c']);
  });
});

describe('a connection', () => {
  test('whose client has said all that it wants to is answered, and ends', async () => {
    const line = dial(LIVE);
    line.socket.end();
    await until('it ends', () => line.closed);
    expect(line.text).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('whose client ends in the midst of a request is told so, and ends', async () => {
    for (const bytes of [
      'GET /health/li',
      `${LIVE.slice(0, -2)}x-more`,
      post('content-length: 9\r\n', '{'),
    ]) {
      const line = dial(bytes);
      line.socket.end();
      await until('it ends', () => line.closed);
      expect(line.text).toMatch(/^HTTP\/1\.1 400 [\s\S]*application\/problem\+json/);
    }
  });

  test('that breaks off at any moment leaves nothing behind', async () => {
    const before = gateway.log.length;
    for (const bytes of ['G', 'GET /', post('content-length: 9\r\n', '{'), LIVE.repeat(10)])
      for (let times = 0; times < 5; times++) {
        const { socket } = dial('');
        await new Promise((resolve) => socket.write(bytes, resolve));
        socket.resetAndDestroy();
      }
    await until('all have gone', async () => (await connections()) === 0);
    expect(gateway.log.slice(before).filter(({ level }) => Number(level) >= 40)).toEqual([]);
    expect(await statuses(LIVE)).toEqual([200]);
  });
});

describe('a request whose end two readers could see in two places', () => {
  const inner = marked('smuggled', get('/api/v1/event-types'));
  test.each([
    ['a length and chunks', post(`content-length: 6\r\ntransfer-encoding: chunked\r\n`, `0\r\n\r\n${inner}`)],
    ['chunks and a length', post(`transfer-encoding: chunked\r\ncontent-length: 6\r\n`, `0\r\n\r\n${inner}`)],
    ['two lengths', post('content-length: 2\r\ncontent-length: 40\r\n', `{}${inner}`)],
    ['two equal lengths', post('content-length: 2\r\ncontent-length: 2\r\n', `{}${inner}`)],
    ['a list of lengths', post('content-length: 2, 2\r\n', `{}${inner}`)],
    ['a length with a sign', post('content-length: +2\r\n', `{}${inner}`)],
    ['a length in hexadecimal', post('content-length: 0x2\r\n', `{}${inner}`)],
    [
      'a coding that hides another',
      post('transfer-encoding: xchunked\r\ncontent-length: 2\r\n', `{}${inner}`),
    ],
    [
      'chunks that are not the last coding',
      post('transfer-encoding: chunked, identity\r\n', `0\r\n\r\n${inner}`),
    ],
    [
      'chunks twice',
      post('transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n', `0\r\n\r\n${inner}`),
    ],
    ['a blank before the colon', post('transfer-encoding : chunked\r\ncontent-length: 2\r\n', `{}${inner}`)],
    [
      'a header on two lines',
      post('x: a\r\n transfer-encoding: chunked\r\ncontent-length: 2\r\n', `{}${inner}`),
    ],
    ['a bare carriage return', post('x: a\rcontent-length: 2\r\n', `{}${inner}`)],
    ['a bare line feed', post('content-length: 2\n', `{}${inner}`)],
    ['NUL in a header', post('x: a\0content-length: 2\r\n', `{}${inner}`)],
    ['a chunk of no number', post('transfer-encoding: chunked\r\n', `zz\r\n{}\r\n0\r\n\r\n${inner}`)],
    [
      'a chunk of too great a number',
      post('transfer-encoding: chunked\r\n', `ffffffffffffffff2\r\n{}\r\n0\r\n\r\n${inner}`),
    ],
    [
      'a chunk that is longer than it says',
      post('transfer-encoding: chunked\r\n', `1\r\n{}\r\n0\r\n\r\n${inner}`),
    ],
  ])('%s is refused, and nothing behind it is carried out', async (_, bytes) => {
    const answers = await exchange(bytes);
    expect(answers.at(-1)?.status).toBe(400);
    expect(answers.at(-1)?.headers.connection).toBe('close');
    expect(answers.map(({ headers }) => headers['x-correlation-id'])).not.toContain('smuggled');
    expect(gateway.log.filter(({ correlationId }) => correlationId === 'smuggled')).toEqual([]);
  });
});

describe('chunks', () => {
  const chunked = (body: string) => post('transfer-encoding: chunked\r\n', body);

  test('are read with what they may bring along, which means nothing here', async () => {
    const token = gateway.token('staff');
    await gateway.call('GET', '/api/v1/event-types', { token });
    const [extended] = await exchange(chunked('1;x="y"\r\n{\r\n1\r\n}\r\n0;z\r\n\r\n'));
    expect(extended?.status).toBe(401);
    // A header in the trailer is none: it comes too late to say who asks.
    const [trailed] = await exchange(
      chunked(`2\r\n{}\r\n0\r\nauthorization: Bearer ${token}\r\nidempotency-key: x\r\n\r\n`),
    );
    expect(trailed?.status).toBe(401);
  });

  test('that bring along more than any has are refused', async () => {
    expect(await statuses(chunked(`1;${'x'.repeat(20_000)}\r\n{\r\n0\r\n\r\n`))).toEqual([413]);
    expect(await statuses(chunked(`2\r\n{}\r\n0\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`))).toEqual([431]);
  });
});

describe('what is too large', () => {
  test.each([
    ['a header of 100 KB', get('/health/live', `x: ${'x'.repeat(100_000)}\r\n`), 431],
    ['a hundred headers of 1 KB', get('/health/live', `x: ${'x'.repeat(1_000)}\r\n`.repeat(100)), 431],
    ['a query of 100 KB', get(`/api/v1/products?q=${'x'.repeat(100_000)}`), 431],
    ['a query of 15 KB', get(`/api/v1/products?q=${'x'.repeat(15_000)}`), 400],
    ['a query of 3,000 parameters', get(`/api/v1/products?${'a=1&'.repeat(3_000)}`), 400],
    ['a path of 15 KB', get(`/api/v1/products/${'x'.repeat(15_000)}`), 414],
  ])('%s is refused in words', async (_, bytes, status) => {
    const [answer, ...more] = await exchange(bytes);
    expect([answer?.status, more]).toEqual([status, []]);
    expect(answer?.headers['content-type']).toMatch(/^application\/problem\+json/);
  });
});

describe('another version of HTTP', () => {
  test('1.0 is answered, and its connection ends unless it is to be kept', async () => {
    expect(await statuses(get('/health/live', '', 'HTTP/1.0').repeat(2))).toEqual([200]);
    const kept = get('/health/live', 'connection: keep-alive\r\n', 'HTTP/1.0');
    expect(await statuses(kept.repeat(2))).toEqual([200, 200]);
  });

  test.each(['HTTP/0.9', 'HTTP/2.0', 'HTTP/3.0', 'HTTP/1.2', 'http/1.1', 'HTTP/1', 'HTTP/1.1 x'])(
    '%s is refused',
    async (version) => {
      expect(await statuses(get('/health/live', '', version))).toEqual([400]);
    },
  );

  test('what begins as HTTP/2 does is refused', async () => {
    expect(await statuses('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')).toEqual([400]);
    const upgrade = 'connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAAA\r\n';
    expect(await statuses(get('/health/live', upgrade))).toEqual([200]);
  });
});

describe('a target', () => {
  test.each([
    '/docs/../package.json',
    '/docs/..%2f..%2fpackage.json',
    '/docs/%2e%2e/%2e%2e/package.json',
    '/docs/..%5c..%5cpackage.json',
    '/docs/....//package.json',
    '/../../../../etc/passwd',
    '//etc/passwd',
    '/docs//etc/passwd',
    '/api/v1/../../metrics',
    '/api/v1/products/..%2f..%2f..%2fmetrics',
    'http://x/../etc/passwd',
  ])('%s leads nowhere', async (target) => {
    const [answer, ...more] = await exchange(get(target));
    expect([[400, 403, 404].includes(answer?.status ?? 0), more]).toEqual([true, []]);
    expect(answer?.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer?.body).not.toMatch(/root:|"dependencies"|# HELP/);
  });

  test.each(['*', 'x', 'x:443', '', ' ', '\\', 'ftp://x/', 'http:/x', '/\0', '/\x7f'])(
    '%j that is none is refused',
    async (target) => {
      const answers = await exchange(get(target));
      expect(answers.map(({ status }) => [400, 404].includes(status))).toEqual([true]);
      expect(answers[0]?.headers['content-type']).toMatch(/^application\/problem\+json/);
    },
  );
});

describe('the method', () => {
  const ask = async (method: string, target = '/api/v1/products') =>
    await exchange(`${method} ${target} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n`);

  test('HEAD is GET without its body', async () => {
    const [got] = await exchange(get('/docs-json'));
    const head = await rawExchange(port(), get('/docs-json').replace('GET', 'HEAD'));
    expect(head.endsWith('\r\n\r\n')).toBe(true);
    const [answer] = answersIn(head);
    expect(answer?.status).toBe(200);
    for (const name of ['content-type', 'content-length'])
      expect(answer?.headers[name]).toBe(got?.headers[name]);
  });

  test.each(['TRACE', 'PUT', 'PROPFIND', 'QUERY', 'SEARCH', 'LOCK'])(
    '%s is not there, and says so',
    async (method) => {
      const [answer, ...more] = await ask(method);
      expect([answer?.status, more]).toEqual([405, []]);
      expect(answer?.headers['content-type']).toMatch(/^application\/problem\+json/);
      // RFC 9110, section 9.3.8: TRACE would show a page what its own cookies and tokens are.
      expect(answer?.body).not.toMatch(/host|content-length/i);
    },
  );

  test.each(['FOO', 'get', 'GET\t', 'G\0T', '"GET"', 'GETGET'])(
    '%j, which nobody knows, is refused',
    async (method) => {
      expect((await ask(method)).map(({ status }) => status)).toEqual([400]);
    },
  );

  test('CONNECT opens no way to anywhere', async () => {
    const answers = await exchange(`CONNECT example.org:443 HTTP/1.1\r\nhost: x\r\n\r\n${LIVE}`);
    expect(answers.map(({ status }) => status)).toEqual([405]);
  });

  test('OPTIONS names the methods of a path, and of no other', async () => {
    for (const [target, allow] of [
      ['/api/v1/products', 'GET, HEAD, OPTIONS, POST'],
      ['/nowhere', undefined],
    ] as const) {
      const [answer] = await ask('OPTIONS', target);
      expect([target, answer?.status, answer?.headers.allow]).toEqual([target, allow ? 204 : 404, allow]);
    }
  });
});

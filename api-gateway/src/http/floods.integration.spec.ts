import { connect, type Socket } from 'node:net';
import { until } from '@comanda/kit';
import { afterEach, expect, test } from '@jest/globals';
import { type GatewayUnderTest, useGateway } from '../../test/gateway-under-test.js';

const MOST = 6;
const MOST_PER_ADDRESS = 4;
/** Not to be late while a test looks at something else. */
const PATIENT = '600000';

const impatient = useGateway({ HEADERS_TIMEOUT_MS: '300', REQUEST_TIMEOUT_MS: '600' });
const full = useGateway({
  MAX_CONNECTIONS: String(MOST),
  MAX_CONNECTIONS_PER_ADDRESS: String(MOST_PER_ADDRESS),
  TRUSTED_PROXIES: '127.0.0.9',
  HEADERS_TIMEOUT_MS: PATIENT,
  REQUEST_TIMEOUT_MS: PATIENT,
});

interface Line {
  readonly socket: Socket;
  text: string;
  state: 'open' | 'closed';
}
const lines: Line[] = [];
afterEach(() => {
  for (const { socket } of lines.splice(0)) socket.destroy();
});

/** A connection of its own, from an address of this machine, that has sent these bytes. */
function dial({ url }: GatewayUnderTest, bytes: string, localAddress = '127.0.0.1'): Line {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', localAddress });
  const line: Line = { socket, text: '', state: 'open' };
  lines.push(line);
  socket.on('data', (data) => {
    line.text += String(data);
  });
  socket.on('error', () => undefined); // a refused connection may be reset
  socket.on('close', () => {
    line.state = 'closed';
  });
  if (bytes !== '') socket.write(bytes);
  return line;
}

const LIVE = 'GET /health/live HTTP/1.1\r\nhost: localhost\r\n';
const answered = (line: Line) => line.text.startsWith('HTTP/1.1 200');
const closed = (line: Line) => line.state === 'closed';

test.each([
  ['that says nothing', ''],
  ['whose headers never end', `${LIVE}x-slow: `],
  [
    'whose body never ends',
    'POST /api/v1/auth/token HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"email": ',
  ],
])('a client %s is told so and let go', async (_, bytes) => {
  const line = dial(impatient, bytes);
  await until('it is let go', () => closed(line));
  expect(line.text).toMatch(/^HTTP\/1\.1 408 /);
  expect(line.text).toMatch(/content-type: application\/problem\+json/);
});

test.each([
  ['headers', LIVE, 'x-slow: 1\r\n'],
  [
    'body',
    'POST /api/v1/auth/token HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n',
    ' ',
  ],
])('a client that sends its %s drop by drop has no more time for it', async (_, bytes, drop) => {
  const line = dial(impatient, bytes);
  const dripping = setInterval(() => line.socket.write(drop), 20);
  try {
    await until('it is let go', () => closed(line));
  } finally {
    clearInterval(dripping);
  }
  expect(line.text).toMatch(/^HTTP\/1\.1 408 /);
});

test('headers that are too many, or too large, are refused', async () => {
  const many = (count: number) =>
    `${LIVE}${Array.from({ length: count - 1 }, (_, at) => `x-${at}: 1\r\n`).join('')}\r\n`;
  for (const [bytes, status] of [
    [many(100), 200],
    [many(101), 431],
    [many(1_900), 431],
    [`${LIVE}x-large: ${'x'.repeat(17 * 1024)}\r\n\r\n`, 431],
  ] as const) {
    const line = dial(impatient, bytes);
    await until('it is answered', () => line.text.includes('\r\n\r\n'));
    expect(Number(line.text.slice(9, 12))).toBe(status);
    if (status === 431) expect(line.text).toMatch(/content-type: application\/problem\+json/i);
  }
});

test('connections beyond the limit of an address, or of all, are closed; a proxy has no limit of its own', async () => {
  const ask = (address: string) => dial(full, `${LIVE}\r\n`, address);
  const first = Array.from({ length: MOST_PER_ADDRESS + 2 }, () => ask('127.0.0.1'));
  await until('those beyond are closed', () => first.filter(closed).length === 2);
  await until('the others are answered', () => first.filter(answered).length === MOST_PER_ADDRESS);
  const second = ask('127.0.0.2');
  await until('another address is answered', () => answered(second));
  const third = [ask('127.0.0.3'), ask('127.0.0.4')];
  await until('one more is answered', () => third.filter(answered).length === 1);
  await until('and no more than that', () => third.filter(closed).length === 1);
  expect(first.filter(closed)).toHaveLength(2);

  for (const { socket } of first) socket.destroy();
  let again = ask('127.0.0.1');
  await until('places that were left are free', () => {
    if (closed(again)) again = ask('127.0.0.1');
    return answered(again);
  });
  for (const { socket } of lines.splice(0)) socket.destroy();
  let proxied: Line[] = [];
  await until('a proxy may have as many as there are', () => {
    // The server has not seen yet that the others are gone.
    if (proxied.length === 0 || proxied.some(closed)) {
      for (const { socket } of proxied) socket.destroy();
      proxied = Array.from({ length: MOST_PER_ADDRESS + 1 }, () => ask('127.0.0.9'));
    }
    return proxied.every(answered);
  });
  const refused = await metric('comanda_http_connections_refused_total');
  expect(refused).toMatch(/limit="address"} [2-9]/);
  expect(refused).toMatch(/limit="all"} \d/);
});

async function metric(name: string): Promise<string> {
  const { text } = await impatient.askAsOperator('/metrics');
  return text
    .split('\n')
    .filter((line) => line.startsWith(name))
    .join('\n');
}

import * as zlib from 'node:zlib';
import type { DeliveryStatus } from '@comanda/contracts';
import type { z } from 'zod';
import { DISABLE_AFTER_MS } from '../domain/failing-subscription.js';
import type { RawReceiverOptions, Script } from './raw-receiver.js';

type ScriptOf = Extract<Script, (...args: never) => void>;

/** A receiver, and all that must be true after one event was on its way to it. */
export interface ReceiverCase {
  readonly says: Script;
  /** How many requests it must have seen; as many attempts stand in the history unless `attempts` says otherwise. */
  readonly requests: number;
  readonly attempts?: number;
  readonly status: z.infer<typeof DeliveryStatus>;
  /** Of each attempt: its status, or `undefined` when there was none. */
  readonly code?: number;
  readonly body?: string | RegExp;
  readonly note?: string | RegExp;
  readonly error?: string | RegExp;
  /** Of the last one alone, instead: why it was not made. */
  readonly last?: string;
  /** Whether the attempts count for the circuit breaker. */
  readonly unhealthy: boolean;
  /** The next attempt is due so many seconds after the last one. */
  readonly waits?: number;
  /** Why the subscription is disabled. */
  readonly disabled?: string;
  /** For how long every attempt has failed before the first event; an hour unless something else is said. */
  readonly failingForMs?: number;
  /** How it is reached: http://127.0.0.1 unless something else is said. */
  readonly origin?:
    | 'https://right.test'
    | 'https://other.test'
    | 'http://[::1]'
    | 'http://six.test'
    | 'http://both.test';
  readonly certificate?: 'right' | 'expired' | 'self-signed';
  readonly listen?: Pick<RawReceiverOptions, 'host' | 'onConnect'>;
  /** It gets a second event after the first; `note` is about that one. */
  readonly twice?: true;
}

/** How many attempts the schedule of these tests has. */
export const ATTEMPTS = 2;

type More = Partial<Omit<ReceiverCase, 'says'>>;
/** Its status was 2xx: one request, whatever came after. */
const taken = (says: Script, more: More = {}): ReceiverCase => ({
  says,
  requests: 1,
  status: 'DELIVERED',
  code: 200,
  unhealthy: false,
  ...more,
});
/** Its status was another one: sent again until the schedule is used up. */
const refused = (says: Script, code: number, more: More = {}): ReceiverCase => ({
  says,
  requests: ATTEMPTS,
  status: 'FAILED',
  code,
  unhealthy: code < 200 || code >= 500,
  ...more,
});
/** There was no status. */
const silent = (says: Script, error: string | RegExp, more: More = {}): ReceiverCase => ({
  says,
  requests: ATTEMPTS,
  status: 'FAILED',
  error,
  unhealthy: true,
  ...more,
});
/** It asked to be left alone. */
const waits = (headers: string, seconds: number, more: More = {}): ReceiverCase => ({
  says: status(more.code ?? 429, headers),
  requests: 1,
  status: 'PENDING',
  code: 429,
  unhealthy: false,
  waits: seconds,
  ...more,
});

const status = (code: number, headers = '', body = ''): string =>
  `HTTP/1.1 ${String(code).padStart(3, '0')} Said\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;
const OK = 'HTTP/1.1 200 OK\r\n';
const WHOLE = `${OK}Content-Length: 2\r\n\r\nok`;
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
const HINTS = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n';
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;
const CLOSED = 'what followed the status could not be read: the connection was closed';
const LATE = /^what followed the status could not be read: no complete answer within \d+ ms$/;
const BROKEN = /^what followed the status could not be read: Parse Error/;
const encoded = (coding: string, bytes: Buffer): Script => [
  `${OK}Content-Encoding: ${coding}\r\n\r\n`,
  bytes,
];
const text = (charset: string, bytes: Buffer): Script => [
  `${OK}Content-Type: text/plain${charset}\r\n\r\n`,
  bytes,
];

/** Writes and keeps the connection open. */
const writes =
  (bytes: string): ScriptOf =>
  (socket) =>
    void socket.write(bytes);
/** Writes, and then cuts the connection off by RST. */
const resets =
  (bytes: string): ScriptOf =>
  (socket) => {
    if (bytes === '') socket.resetAndDestroy();
    else socket.write(bytes, () => setImmediate(() => socket.resetAndDestroy()));
  };
/** Writes this, and then these bytes one by one without end. */
const drips =
  (bytes: string, then: string): Script =>
  (socket) => {
    socket.write(bytes);
    let at = 0;
    const drip = setInterval(() => socket.write(then[at++ % then.length] ?? ''), 50);
    socket.on('close', () => clearInterval(drip));
  };
const endless: Script = (socket) => {
  socket.write(`${OK}\r\n`);
  const pour = () => {
    while (!socket.destroyed && socket.write('x'.repeat(65_536)));
  };
  socket.on('drain', pour);
  pour();
};

export const RECEIVERS: Readonly<Record<string, ReceiverCase>> = {
  // What every receiver should say.
  'a whole answer': taken(WHOLE, { body: 'ok' }),
  'no reason': taken('HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n'),
  'HTTP/1.0 with a length': taken('HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok', { body: 'ok' }),
  'HTTP/1.0 without one': taken('HTTP/1.0 200 OK\r\n\r\nold', { body: 'old' }),
  'chunks and trailers': taken(`${CHUNKED}2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n`, { body: 'ok' }),
  ...Object.fromEntries(
    [201, 202, 203, 206, 207, 208, 226, 299].map((code) => [`${code}`, taken(status(code), { code })]),
  ),
  '204': taken('HTTP/1.1 204 No Content\r\n\r\n', { code: 204 }),
  '205': taken(status(205), { code: 205 }),

  // Interim answers.
  '100 unasked': taken(CONTINUE + WHOLE, { body: 'ok' }),
  'many of them': taken(`${CONTINUE.repeat(3)}HTTP/1.1 102 Processing\r\n\r\n${HINTS}${WHOLE}`, {
    body: 'ok',
  }),
  '100 and then a refusal': refused(CONTINUE + status(500), 500),
  '100 and no more': silent(CONTINUE, 'network: socket hang up'),
  '101': refused('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n', 101, {
    note: 'what followed the status could not be read: the protocol was switched, which nobody asked for',
  }),

  // What goes wrong after a success.
  'a cut body': taken(`${OK}Content-Length: 100\r\n\r\nhalf`, { note: CLOSED, body: 'half' }),
  'a cut chunk': taken(`${CHUNKED}64\r\nhalf`, { note: CLOSED, body: 'half' }),
  'no last chunk': taken(`${CHUNKED}2\r\nok\r\n`, { note: CLOSED, body: 'ok' }),
  'a chunk without a length': taken(`${CHUNKED}zz\r\nok\r\n0\r\n\r\n`, { note: BROKEN }),
  'a broken trailer': taken(`${CHUNKED}2\r\nok\r\n0\r\nno trailer\r\n\r\n`, { note: BROKEN }),
  'a length that is too short': taken(`${OK}Content-Length: 1\r\n\r\nmore`, { note: BROKEN }),
  'two lengths': taken(`${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\nok`, { note: BROKEN }),
  'a length that is none': taken(`${OK}Content-Length: two\r\n\r\nok`, { note: BROKEN }),
  '204 with a body': taken('HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\nhello', { code: 204, note: BROKEN }),
  'a header without a colon': taken(`${OK}what is this\r\n\r\n`, { note: BROKEN }),
  'lines that end with LF': taken('HTTP/1.1 200 OK\nContent-Length: 2\n\nok', { note: BROKEN }),
  'headers without end': taken(`${OK}${`X-Large: ${'x'.repeat(2_000)}\r\n`.repeat(20)}\r\n`, {
    note: BROKEN,
  }),
  'headers that are cut off': taken(`${OK}Content-Len`, { note: CLOSED }),
  'headers that drip': taken(drips(OK, 'X: y\r\n'), { note: LATE }),
  'a body that drips': taken(drips(`${CHUNKED}`, '1\r\nx\r\n'), { note: LATE, body: /./ }),
  'a body that never comes': taken(writes(`${OK}Content-Length: 5\r\n\r\n`), { note: LATE }),
  'a body without end': taken(endless, {
    note: 'only the first 16 KiB of the answer are kept',
    body: 'x'.repeat(16 * 1024),
  }),
  'RST after the status': taken(resets(OK), { note: /^what followed the status/ }),
  'RST after the headers': taken(resets(`${OK}Content-Length: 5\r\n\r\n`), { note: CLOSED }),
  'RST in the body': taken(resets(`${OK}Content-Length: 5\r\n\r\nab`), { note: CLOSED }),

  // No status at all.
  'RST at once': silent('', /^network: /, {
    requests: 0,
    listen: { onConnect: (socket) => socket.resetAndDestroy() },
  }),
  'RST after the request': silent(resets(''), /^network: .*ECONNRESET/),
  'FIN after the request': silent((socket) => socket.end(), 'network: socket hang up'),
  'RST in the status': silent(resets('HTTP/1.1 200 O'), /^network: /),
  'a cut status': silent('HTTP/1.1 200 O', 'network: socket hang up'),
  'a status that drips': silent(
    drips('', `HTTP/1.1 200 ${'O'.repeat(100)}`),
    /^timeout: no complete answer within/,
  ),
  'nothing, ever': silent(() => {}, /^timeout: no complete answer within/),
  'another protocol': silent('SSH-2.0-OpenSSH_9\r\n', /^network: Parse Error/),
  'HTTP/0.9': silent('<html>ok</html>', /^network: Parse Error/),
  'a status of two digits': silent('HTTP/1.1 20 OK\r\n\r\n', /^network: Parse Error/),
  'a status of four digits': silent('HTTP/1.1 2000 OK\r\n\r\n', /^network: Parse Error/),

  // Every other status.
  ...Object.fromEntries(
    [300, 301, 302, 303, 307, 308].map((code) => [
      `${code}`,
      refused(status(code, 'Location: https://new.example/hook\r\n'), code, {
        note: 'redirects are not followed; location: https://new.example/hook',
      }),
    ]),
  ),
  'a redirect to this machine': refused(status(302, 'Location: http://169.254.169.254/latest\r\n'), 302, {
    note: 'redirects are not followed; location: http://169.254.169.254/latest',
  }),
  '304': refused('HTTP/1.1 304 Not Modified\r\n\r\n', 304),
  ...Object.fromEntries(
    [
      400, 402, 403, 404, 408, 409, 413, 418, 422, 425, 429, 431, 451, 499, 500, 501, 502, 503, 504, 511, 599,
    ].map((code) => [`${code}`, refused(status(code, '', 'no'), code, { body: 'no' })]),
  ),
  '401': refused(status(401, 'WWW-Authenticate: Basic realm="x"\r\n'), 401, {
    note: 'www-authenticate: Basic realm="x"',
  }),
  '405': refused(status(405, 'Allow: GET\r\n'), 405, { note: 'allow: GET' }),
  '410': refused(status(410), 410, { requests: 1, disabled: 'The endpoint answered 410 Gone' }),
  'no, and has for five days': refused(status(503), 503, {
    attempts: 2,
    requests: 1,
    status: 'DROPPED',
    // One alone does not open its circuit.
    unhealthy: false,
    failingForMs: DISABLE_AFTER_MS,
    disabled: 'Nothing but failures for 5 days',
    last: 'not sent: the subscription is disabled: Nothing but failures for 5 days',
  }),
  'no, and has for nearly five days': refused(status(503), 503, {
    failingForMs: DISABLE_AFTER_MS - 600_000,
  }),
  'yes, after five days of failures': taken(WHOLE, { failingForMs: DISABLE_AFTER_MS }),
  '421': refused(status(421), 421, { note: 'the receiver does not serve this host' }),
  '426': refused(status(426, 'Upgrade: h2c\r\n'), 426, {
    note: 'the receiver wants another protocol; upgrade: h2c',
  }),
  '600': refused(status(600), 600),
  '999': refused(status(999), 999),
  '099': refused(status(99), 99),
  'a refusal that is cut off': refused('HTTP/1.1 500 No\r\nContent-Length: 9\r\n\r\nhalf', 500, {
    note: CLOSED,
    body: 'half',
  }),
  'a refusal that is reset': refused(resets('HTTP/1.1 400 No\r\n'), 400, {
    note: /^what followed the status/,
  }),

  // Wishes to be left alone.
  'Retry-After in seconds': waits('Retry-After: 1800\r\n', 1800),
  'with zeros': waits('Retry-After: 0001800\r\n', 1800),
  'too large': waits('Retry-After: 99999999999\r\n', 3600),
  'as a date': waits('Retry-After: Fri, 31 Dec 2100 23:59:59 GMT\r\n', 3600),
  'as an old date': waits('Retry-After: Sat Dec 31 23:59:59 2050\r\n', 3600, { code: 503 }),
  'as a very old date': waits('Retry-After: Saturday, 31-Dec-50 23:59:59 GMT\r\n', 3600, {
    code: 301,
    note: /^red/,
  }),
  twice: waits('Retry-After: 60\r\nRetry-After: 1800\r\n', 1800, { code: 413 }),
  'once understood': waits('Retry-After: 1800\r\nRetry-After: soon\r\n', 1800, {
    note: 'Retry-After is not understood: "soon"',
  }),
  'in an answer that is cut off': {
    ...waits('', 1800, { note: CLOSED }),
    says: 'HTTP/1.1 429 No\r\nRetry-After: 1800\r\nContent-Length: 9\r\n\r\nhalf',
  },
  'in headers that are broken': {
    ...waits('', 1800, { note: BROKEN }),
    says: 'HTTP/1.1 429 No\r\nRetry-After: 1800\r\nwhat is this\r\n\r\n',
  },
  'in the past': refused(status(429, 'Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n'), 429),
  ...Object.fromEntries(
    ['', '-5', '1.5', 'soon', '2100-01-01T00:00:00Z'].map((value) => [
      `Retry-After "${value}"`,
      refused(status(429, `Retry-After: ${value}\r\n`), 429, {
        note: `Retry-After is not understood: "${value}"`,
      }),
    ]),
  ),

  // What people read.
  gzip: taken(encoded('gzip', zlib.gzipSync('plain')), { body: 'plain' }),
  deflate: taken(encoded('deflate', zlib.deflateSync('plain')), { body: 'plain' }),
  'bare deflate': taken(encoded('deflate', zlib.deflateRawSync('plain')), { body: 'plain' }),
  br: taken(encoded('br', zlib.brotliCompressSync('plain')), { body: 'plain' }),
  // Node 20 has none.
  ...('zstdCompressSync' in zlib && {
    zstd: taken(encoded('zstd', zlib.zstdCompressSync('plain')), { body: 'plain' }),
  }),
  'codings upon each other': taken(encoded('gzip, BR', zlib.brotliCompressSync(zlib.gzipSync('plain'))), {
    body: 'plain',
  }),
  'a bomb': taken(encoded('gzip', zlib.gzipSync('x'.repeat(5_000_000))), {
    body: 'x'.repeat(16 * 1024),
    note: 'gzip: only the first 16 KiB are kept',
  }),
  'gzip that is cut off': taken(encoded('gzip', zlib.gzipSync('plain '.repeat(9)).subarray(0, -9)), {
    body: /^plain /,
    note: 'gzip: broken or cut off; what could be read is kept',
  }),
  'gzip that is none': taken(encoded('gzip', Buffer.from('plain')), { body: '[gzip, unreadable]' }),
  'an unknown coding': taken(encoded('rot13', Buffer.from('cynva')), { body: '[rot13, unreadable]' }),
  'gzip that nobody names': taken(encoded('identity', zlib.gzipSync('plain')), {
    body: /^\[binary, \d+ bytes: 1f8b08/,
  }),
  'Latin 1': taken(text('; charset=ISO-8859-1', Buffer.from('caf\xe9', 'latin1')), { body: 'café' }),
  'UTF-16': taken(text('; charset="utf-16le"', Buffer.from('café', 'utf16le')), { body: 'café' }),
  'an unknown charset': taken(text('; charset=klingon', Buffer.from('café')), {
    body: 'café',
    note: 'the charset klingon is not known; it was read as UTF-8',
  }),
  'what is no UTF-8': taken(text('', Buffer.from('caf\xe9 olé', 'latin1')), { body: 'caf\ufffd ol\ufffd' }),
  NUL: taken(text('', Buffer.from('no\0thing to see')), { body: 'no\\u0000thing to see' }),
  'what turns the text': taken(text('', Buffer.from('\u202egpj.exe\u2066 \u001b[31m')), {
    body: '\\u202egpj.exe\\u2066 \\u001b[31m',
  }),
  'a Location that turns the text': refused(status(302, 'Location: /\x07\x1b[31m\r\n'), 302, {
    note: BROKEN,
  }),

  // How it is reached.
  TLS: taken(WHOLE, { origin: 'https://right.test', certificate: 'right', body: 'ok' }),
  'TLS with an expired certificate': silent(WHOLE, /^network: .*expired/, {
    origin: 'https://right.test',
    certificate: 'expired',
    requests: 0,
  }),
  'TLS with a certificate of its own': silent(WHOLE, /^network: .*self-signed/, {
    origin: 'https://right.test',
    certificate: 'self-signed',
    requests: 0,
  }),
  'TLS with the certificate of another': silent(WHOLE, /^network: .*other\.test. is not in/, {
    origin: 'https://other.test',
    certificate: 'right',
    requests: 0,
  }),
  'TLS without TLS': silent('', /^network: /, {
    origin: 'https://right.test',
    requests: 0,
    listen: { onConnect: (socket) => socket.end(WHOLE) },
  }),
  'TLS and a cut body': taken(`${OK}Content-Length: 100\r\n\r\nhalf`, {
    origin: 'https://right.test',
    certificate: 'right',
    note: CLOSED,
    body: 'half',
  }),
  IPv6: taken(WHOLE, { origin: 'http://[::1]', listen: { host: '::1' }, body: 'ok' }),
  'IPv6 by its name': taken(WHOLE, { origin: 'http://six.test', listen: { host: '::1' }, body: 'ok' }),
  'two families, IPv6 dead': taken(WHOLE, { origin: 'http://both.test', body: 'ok' }),
  'two families, IPv4 dead': taken(WHOLE, {
    origin: 'http://both.test',
    listen: { host: '::1' },
    body: 'ok',
  }),

  // Connections that are kept.
  'a connection that is kept': taken((socket) => void socket.write(WHOLE), {
    requests: 2,
    attempts: 1,
    twice: true,
  }),
  'one that is closed between the requests': taken((socket) => void socket.end(WHOLE), {
    requests: 2,
    attempts: 1,
    twice: true,
  }),
  'one that is reset as the second request comes': taken(
    (socket, { nthThere }) => void (nthThere === 1 ? socket.write(WHOLE) : socket.resetAndDestroy()),
    { requests: 3, attempts: 1, twice: true },
  ),
  'one that takes the second request and closes': taken(
    (socket, { nthThere }) => void (nthThere === 1 ? socket.write(WHOLE) : socket.end()),
    { requests: 3, attempts: 1, twice: true },
  ),
  'one that is reset within the answer to the second request': taken(
    (socket, request) => (request.nthThere === 1 ? writes(WHOLE) : resets(OK))(socket, request),
    { requests: 2, attempts: 1, twice: true, note: /^what followed the status/ },
  ),
  'one with more behind the answer': taken(
    (socket) => void socket.write(`${WHOLE}HTTP/1.1 500 Sneaked In\r\nContent-Length: 0\r\n\r\n`),
    { requests: 2, attempts: 1, twice: true },
  ),
};

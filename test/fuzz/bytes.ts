import { answersIn, rawExchange } from '@comanda/test-kit';
import type { Random } from '../chaos/random.js';
import { faultIn } from './judge.js';
import type { FuzzedRequest } from './requests.js';

/** A request that is not bytes yet. */
interface Draft {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
  readonly lineEnd: string;
}

/** A request that no client of HTTP would send. */
export interface FuzzedBytes {
  /** What was done to it. */
  readonly name: string;
  readonly bytes: Buffer;
}

type Mutation = (draft: Draft, random: Random) => Partial<Draft>;

const TEXTS = [
  '%00',
  '%E9',
  '%ED%A0%80',
  '%',
  '%zz',
  '%0d%0aSet-Cookie:%20a=1',
  '%2e%2e%2f',
  '',
  'null',
  '1e400',
  '%F0%9F%98%80',
  '-1',
  '\u00e9',
  'x'.repeat(4_000),
];
const JSON_TEXTS = [
  '{',
  '[',
  '"',
  'null',
  '1e400',
  '9007199254740993',
  '{"a":1,"a":2}',
  '{"__proto__":{"a":1}}',
  '{"constructor":{"prototype":{"a":1}}}',
  '"\\ud83d"',
  '{"\\u0000":"\\u0000"}',
  `${'['.repeat(40_000)}`,
  '\ufeff{}',
  "{'a':1}",
  '{"a":NaN}',
  '{"a":01}',
];
const CURSORS = [
  '["\\u0000","x"]',
  '["\\ud800","x"]',
  '["9e99",""]',
  '["-1",""]',
  '["99999999999999999999",""]',
  '[[],{}]',
  '["x"]',
  '{}',
  `["${'x'.repeat(3_000)}","y"]`,
  '["2026-13-99T99:99:99Z","x/y/z"]',
];
const HEADERS: readonly (readonly [string, string])[] = [
  ['expect', 'nonsense'],
  ['expect', '100-continue'],
  ['connection', 'upgrade'],
  ['upgrade', 'h2c, websocket'],
  ['content-encoding', 'gzip'],
  ['content-type', 'text/plain'],
  ['content-type', 'application/json; charset=utf-16'],
  ['content-type', ';;;'],
  ['content-type', `application/json; x="${'y'.repeat(500)}`],
  ['transfer-encoding', 'gzip'],
  ['transfer-encoding', 'chunked'],
  ['transfer-encoding', 'chunked, identity'],
  ['content-length', '-1'],
  ['content-length', '1e3'],
  ['content-length', '99999999999999999999'],
  ['content-length', '200000'],
  ['range', 'bytes=0-0,-1'],
  ['if-none-match', '"\u00e9", *'],
  ['if-modified-since', 'yesterday'],
  ['last-event-id', '\u0001\u00ff'],
  ['accept', ';q=\u00ff'],
  ['accept-encoding', 'identity;q=0, *;q=0'],
  ['authorization', 'Bearer a.b.c'],
  ['authorization', 'Bearer eyJhbGciOiJub25lIn0.e30.'],
  ['authorization', '\u00e9'],
  ['authorization', 'Basic Og=='],
  ['idempotency-key', 'x'.repeat(300)],
  ['idempotency-key', '\u00e9'],
  ['idempotency-key', ''],
  ['x-correlation-id', '\u00e9'.repeat(200)],
  ['x-forwarded-for', "127.0.0.1, ::ffff:::, ' OR 1=1"],
  ['x-forwarded-proto', 'https, gopher'],
  ['traceparent', '00-zzzz'],
  ['host', 'localhost:99999'],
  ['host', ''],
  ['host', 'evil.example'],
  ['cookie', 'x'.repeat(9_000)],
  ['x-large', 'x'.repeat(20_000)],
  ['origin', 'null'],
  ['access-control-request-method', 'nonsense'],
  ['stripe-signature', 't=9999999999999,v1=zz,v1='],
  ['x', 'a\r\n b'],
  ['x y', 'z'],
  ['', 'z'],
  ['x\u0000', '\u0000'],
];
const METHODS = [
  'FOO',
  'get',
  'CONNECT',
  'TRACE',
  'PROPFIND',
  'PUT',
  'OPTIONS',
  'DELETE',
  'HEAD',
  'M-SEARCH',
  'PRI',
  '',
];
const TARGETS = [
  '*',
  '//',
  '/..',
  '/../../etc/passwd',
  '/docs/..%2f..%2f..%2fetc/passwd',
  '/docs/%2e%2e/%2e%2e/package.json',
  'http://localhost/api/v1/products',
  'http://',
  'localhost:443',
  '/api/v1/products#x',
  '/api\\v1\\products',
  '/api/v1//products',
  '/API/V1/PRODUCTS',
  '/api/v1/products;a=b',
  '/docs-json?x',
  '/health/live?%',
  '/.well-known/jwks.json/',
  `/${'x'.repeat(17_000)}`,
  '/?'.repeat(50),
];
const VERSIONS = ['HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/3.0', 'HTTP/1.1 x', 'http/1.1', ''];

const inQuery = (target: string, query: string) => `${target}${target.includes('?') ? '&' : '?'}${query}`;
const withBody = (body: Buffer, headers: Draft['headers']): Partial<Draft> => ({
  body,
  headers: [...headers, ['content-length', String(body.length)]],
});
const bodyless = (headers: Draft['headers']) => headers.filter(([name]) => name !== 'content-length');

/** What is done to a good request before it is written. */
const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'another header': ({ headers }, random) => ({ headers: [...headers, random.pick(HEADERS)] }),
  'several headers': ({ headers }, random) => ({
    headers: [...headers, ...random.shuffled(HEADERS).slice(0, 3)],
  }),
  'a header in the place of its own': ({ headers }, random) => {
    const [name, value] = random.pick(HEADERS);
    return { headers: [...headers.filter(([own]) => own !== name), [name, value]] };
  },
  'headers twice': ({ headers }, random) => ({ headers: [...headers, random.pick(headers)] }),
  'without a header': ({ headers }, random) => {
    const lacking = random.pick(headers);
    return { headers: headers.filter((header) => header !== lacking) };
  },
  'very many headers': ({ headers }) => ({
    headers: [...headers, ...Array.from({ length: 300 }, (_, at) => [`x-${at}`, ''] as const)],
  }),
  'another method': (_, random) => ({ method: random.pick(METHODS) }),
  'another target': (_, random) => ({ target: random.pick(TARGETS) }),
  'another version': (_, random) => ({ version: random.pick(VERSIONS) }),
  'other line ends': (_, random) => ({ lineEnd: random.pick(['\n', '\r', '\r\r\n', '\n\r\n']) }),
  'odd text in the path': ({ target }, random) => ({
    target: target.replace(/[^/?]+(?=\?|$)/, () => random.pick(TEXTS)),
  }),
  'an odd cursor': ({ target }, random) => ({
    target: inQuery(target, `cursor=${Buffer.from(random.pick(CURSORS)).toString('base64url')}`),
  }),
  'an odd body': ({ headers }, random) => withBody(Buffer.from(random.pick(JSON_TEXTS)), bodyless(headers)),
  'other bytes in the body': ({ headers, body }, random) =>
    withBody(
      Buffer.concat([
        body.subarray(0, random.between(0, body.length)),
        Buffer.from([random.between(128, 255)]),
        body,
      ]),
      bodyless(headers),
    ),
  'a large body': ({ headers }, random) =>
    withBody(Buffer.alloc(random.pick([102_400, 102_401, 150_000]), 'x'), bodyless(headers)),
  'odd chunks': ({ headers, body }, random) => ({
    headers: [...bodyless(headers), ['transfer-encoding', 'chunked']],
    body: Buffer.from(
      random.pick([
        `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
        'zz\r\nx\r\n0\r\n\r\n',
        '-1\r\n\r\n',
        'ffffffffffffffff\r\nx',
        '5\r\nab\r\n0\r\n\r\n',
        `1;${'x'.repeat(20_000)}\r\nx\r\n0\r\n\r\n`,
        '2\r\n{}\r\n',
        '2\r\n{}\r\n0\r\nx: y\r\n\r\n',
        '1\n{\n1\n}\n0\n\n',
      ]),
    ),
  }),
  'two lengths': ({ headers, body }) => ({
    headers: [...headers, ['transfer-encoding', 'chunked']],
    body: Buffer.concat([body, Buffer.from('0\r\n\r\n')]),
  }),
};

/** What is done to its bytes. */
const OF_BYTES: Readonly<Record<string, (bytes: Buffer, random: Random) => Buffer>> = {
  'bytes flipped': (bytes, random) => {
    const flipped = Buffer.from(bytes);
    for (let count = random.between(1, 4); count > 0; count--)
      flipped.writeUInt8(random.between(0, 255), random.between(0, flipped.length - 1));
    return flipped;
  },
  truncated: (bytes, random) => bytes.subarray(0, random.between(1, bytes.length - 1)),
  'bytes added': (bytes, random) => {
    const at = random.between(0, bytes.length);
    const more = Buffer.from(Array.from({ length: random.between(1, 20) }, () => random.between(0, 255)));
    return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
  },
  'twice, one behind the other': (bytes) => Buffer.concat([bytes, bytes]),
  'with nonsense behind it': (bytes) => Buffer.concat([bytes, Buffer.from('NONSENSE\r\n\r\n')]),
  'of HTTP/2': (bytes) => Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), bytes]),
};

/** Chance makes bytes of a request: most are refused, a few are good by accident. */
export function spoilt(
  random: Random,
  { method, target, headers, body = '' }: FuzzedRequest,
  caller: Readonly<Record<string, string>>,
): FuzzedBytes {
  const content = Buffer.from(body);
  const draft: Draft = {
    method,
    target,
    version: 'HTTP/1.1',
    lineEnd: '\r\n',
    body: content,
    headers: Object.entries({
      host: 'localhost',
      ...caller,
      ...headers,
      ...(content.length > 0 && { 'content-length': String(content.length) }),
    }),
  };
  const kind = random.pick([...Object.keys(MUTATIONS), ...Object.keys(OF_BYTES)]);
  const name = `${kind}: ${method} ${target}`;
  const ofBytes = OF_BYTES[kind];
  if (ofBytes) return { name, bytes: ofBytes(bytesOf(draft), random) };
  return { name, bytes: bytesOf({ ...draft, ...MUTATIONS[kind]?.(draft, random) }) };
}

const bytesOf = ({ method, target, version, headers, body, lineEnd }: Draft): Buffer =>
  Buffer.concat([
    Buffer.from(
      [`${method} ${target} ${version}`, ...headers.map(([name, value]) => `${name}: ${value}`), '', ''].join(
        lineEnd,
      ),
      'latin1',
    ),
    body,
  ]);

/** What is wrong with the answers to such a request. */
export async function faultsOfBytes(port: number, { bytes }: FuzzedBytes): Promise<string[]> {
  // What is not whole waits for the rest of it; a whole one that is answered late is sent again with more patience.
  const soon = await rawExchange(port, bytes, { quietMs: 300 });
  const answers = answersIn(soon === '' ? await rawExchange(port, bytes, { quietMs: 2_000 }) : soon);
  return answers.length === 0 ? ['no answer'] : answers.flatMap((answer) => faultIn(answer) ?? []);
}

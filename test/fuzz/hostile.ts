import { BAD_TEXTS, GOOD_TEXTS } from '@comanda/contracts/some-texts';
import fc from 'fast-check';

const SQL = [
  "'; DROP TABLE orders; --",
  `" OR "1"="1`,
  "' UNION SELECT * FROM sqlite_master --",
  '1; SELECT pg_sleep(9)',
  '%_\\',
  '$1',
  '?1',
];
const CR_LF = [
  'a\r\nset-cookie: a=1',
  'a\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
  'a%0d%0aset-cookie:%20a=1',
  '\u560d\u560a',
];
const PROTOTYPE = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'];
const ELSEWHERE = [
  '..',
  '../../../../etc/passwd',
  '..\\..\\x',
  'file:///etc/passwd',
  'http://169.254.169.254/latest/meta-data/',
  'javascript:alert(1)',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: somebody else's template
  '${jndi:ldap://x/a}',
  '{{7*7}}',
  '<script>alert(1)</script>',
  '$(id)',
];
const NO_WORDS = [
  'null',
  'undefined',
  'NaN',
  'Infinity',
  '-0',
  '1e400',
  '0x10',
  '9007199254740993',
  '[object Object]',
];
const TIMES = ['2026-02-30T00:00:00Z', '+275760-09-13T00:00:00.001Z', '0000-01-01T00:00:00Z', '2026-01-01'];
const UNICODE = [
  '\ud800',
  '\udc00x',
  `e${'\u0301'.repeat(300)}`,
  '\u{1F468}\u200D'.repeat(150),
  '\ufdfa'.repeat(100), // eighteen letters each once it is normalised
  '\u0130\u00df\u01c5',
  '\u{10ffff}',
];

/** Each is put in the place of every field, once. */
export const ONE_OF_EACH = [
  "'; DROP TABLE orders; --",
  'a\r\nset-cookie: a=1',
  'a\u0000b',
  '\ud83d',
  '\u202ea',
  '__proto__',
  'x'.repeat(5_000),
];

export const TEXTS = [
  '',
  ...ONE_OF_EACH,
  ...SQL,
  ...CR_LF,
  ...PROTOTYPE,
  ...ELSEWHERE,
  ...NO_WORDS,
  ...TIMES,
  ...UNICODE,
  ...Object.values(BAD_TEXTS),
  ...Object.values(GOOD_TEXTS),
];

/** A text that somebody would think of, or one that nobody would. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...TEXTS),
  fc.string({ unit: 'binary', maxLength: 60 }),
  // With halves of surrogate pairs among them.
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 })
    .map((units) => String.fromCharCode(...units)),
);

/** Of another type, beyond what a number may be, or a hostile text. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  hostileText,
  fc.constantFrom<unknown>(null, true, 0, -1, 0.5, 1e300, -1e-300, 2 ** 53, 2 ** 31, -(2 ** 63)),
  fc.constantFrom<unknown>([], [[]], {}, { a: 1 }, JSON.parse('{"__proto__":{"a":1}}'), Array(300).fill(1)),
  fc.jsonValue({ maxDepth: 4 }),
);

/** No JSON, or JSON that two readers could read in two ways. */
export const hostileJson: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '{',
    'null',
    '1e400',
    '9007199254740993',
    '"\\ud83d"',
    '\ufeff{}',
    "{'a':1}",
    '{"a":NaN}',
    '{"a":01}',
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}',
    '{"__proto__":{"a":1}}',
    '{"constructor":{"prototype":{"a":1}}}',
    '{"\\u0000":"\\u0000"}',
    '['.repeat(40_000),
    `${'{"a":'.repeat(33)}1${'}'.repeat(33)}`,
    `[${'1,'.repeat(40_000)}1]`,
    `{${Array.from({ length: 5_000 }, (_, at) => `"k${at}":${at}`).join()}}`,
    'x'.repeat(102_400),
    'x'.repeat(102_401),
  ),
  fc.json({ maxDepth: 5 }),
  fc.string({ unit: 'binary' }),
);

/** What a client of HTTP can put into a header; what it can't goes over a socket as it is (bytes.ts). */
export const hostileHeader: fc.Arbitrary<string> = fc
  .oneof(hostileText, fc.constantFrom('*', '"', 'W/"', ', ,', ';;;', 'a=b; c="', '\u00e9', 'x'.repeat(3_000)))
  .map(inHeader);

export function inHeader(text: string): string {
  return text
    .replace(/[^\t\x20-\x7e\x80-\xff]/g, (char) => encodeURIComponent(char.toWellFormed()))
    .slice(0, 4_000);
}

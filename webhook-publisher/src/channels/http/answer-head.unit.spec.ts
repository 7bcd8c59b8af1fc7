import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AnswerHead } from './answer-head.js';

const read = (...chunks: readonly (string | Buffer)[]) => {
  const head = new AnswerHead();
  for (const chunk of chunks) head.read(Buffer.from(chunk));
  return head;
};

const finalStatus = fc
  .integer({ min: 0, max: 999 })
  .filter((code) => code === 101 || code < 100 || code > 199);
const interim = fc.integer({ min: 100, max: 199 }).filter((code) => code !== 101);
const name = fc.stringMatching(/^[A-Za-z][A-Za-z-]{0,10}$/);
const value = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);
const fields = fc.array(fc.tuple(name, value), { maxLength: 5 });
const lineEnd = fc.constantFrom('\r\n', '\n');
const three = (code: number) => String(code).padStart(3, '0');

describe('the head of an answer', () => {
  test('is read as it was written, after any interim answers and in whatever pieces it comes', () => {
    const heads = fc.record({
      before: fc.array(fc.tuple(interim, fields), { maxLength: 3 }),
      finalStatus,
      fields,
      lineEnd,
    });
    fc.assert(
      fc.property(
        heads,
        fc.array(fc.nat({ max: 400 })),
        fc.uint8Array({ maxLength: 50 }),
        (wanted, cuts, rest) => {
          const block = (code: number, lines: readonly (readonly [string, string])[]) =>
            [`HTTP/1.1 ${three(code)} Said`, ...lines.map(([key, said]) => `${key}: ${said}`), '', ''].join(
              wanted.lineEnd,
            );
          const text =
            wanted.before.map(([code, lines]) => block(code, lines)).join('') +
            block(wanted.finalStatus, wanted.fields);
          const bytes = Buffer.concat([Buffer.from(text, 'latin1'), rest]);
          const ends = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
          const head = read(...ends.slice(1).map((end, at) => bytes.subarray(ends[at], end)));
          expect(head.status).toBe(wanted.finalStatus);
          for (const [key] of wanted.fields)
            expect(head.values(key.toLowerCase())).toEqual(
              wanted.fields
                .filter(([other]) => other.toLowerCase() === key.toLowerCase())
                .map(([, said]) => said),
            );
        },
      ),
    );
  });

  test.each([
    '',
    'HTTP/1.1 200 OK',
    'HTTP/1.1 20 OK\r\n',
    'HTTP/1.1 2000 OK\r\n',
    'SSH-2.0\r\nHTTP/1.1 200 OK\r\n',
    '<p>\n',
    'HTTP/1.1 100 Continue\r\n\r\n',
  ])('has no status in %j', (text) => {
    expect(read(text).status).toBeUndefined();
  });

  test.each([
    'HTTP/1.1 200 OK\r\n',
    '\r\n\r\nHTTP/1.1 200 OK\r\n',
    'HTTP/1.0 200\n',
    'HTTP/1.1 200 OK\r\n: no name\r\nno colon\r\n',
  ])('has one in %j', (text) => {
    expect(read(text).status).toBe(200);
  });

  test('takes no bytes for a head that never ends: neither a line nor many of them', () => {
    const endless = read(
      'HTTP/1.1 200 OK\r\n',
      ...Array.from({ length: 50 }, () => `X: ${'y'.repeat(1_000)}\r\n`),
      'retry-after: 1\r\n',
    );
    expect(endless.status).toBe(200);
    expect(endless.values('x').length).toBeLessThan(20);
    expect(endless.values('retry-after')).toEqual([]);
    expect(read('x'.repeat(20_000), '\r\nHTTP/1.1 200 OK\r\n').status).toBeUndefined();
  });

  test('is never thrown off by any bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array()), (chunks) => void read(...chunks.map((one) => Buffer.from(one)))),
    );
  });
});

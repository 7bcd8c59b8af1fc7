import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readRetryAfter } from './retry-after.js';

const now = Date.parse('2026-01-02T03:04:05Z');
/** For how long one header asks to wait. */
const asked = (header: string, at = now): number | undefined => {
  const { until, notUnderstood } = readRetryAfter([header], at);
  expect(notUnderstood).toEqual(until === undefined ? [header.trim()] : []);
  return until === undefined ? undefined : until - at;
};

describe('Retry-After', () => {
  test.each([
    ['0', 0],
    ['120', 120_000],
    [' 7 ', 7_000],
    ['0003', 3_000],
    ['99999999999', 99_999_999_999_000],
    ['9'.repeat(400), Number.POSITIVE_INFINITY],
    ['Fri, 02 Jan 2026 03:05:05 GMT', 60_000],
    ['Fri, 02 Jan 2026 03:00:00 GMT', -245_000],
    ['Friday, 02-Jan-26 03:05:05 GMT', 60_000],
    ['Fri Jan  2 03:05:05 2026', 60_000],
    ['Mon Jan 12 03:04:05 2026', 864_000_000],
    ['Fri, 02 Jan 2026 03:04:60 GMT', 55_000],
    ['Sunday, 06-Nov-94 08:49:37 GMT', Date.parse('1994-11-06T08:49:37Z') - now],
  ])('"%s" asks for %d ms', (header, expected) => {
    expect(asked(header)).toBe(expected);
  });

  test.each([
    ...['', 'soon', '-1', '+1', '1.5', '1e3', '0x10', '12 s', '2026-01-02', '2026-01-02T03:05:05Z'],
    ...['Fri, 99 Jan 2026 03:05:05 GMT', 'Fri, 30 Feb 2026 03:05:05 GMT', 'Fri, 02 Foo 2026 03:05:05 GMT'],
    ...['Fri, 02 Jan 2026 24:00:00 GMT', 'Fri, 02 Jan 2026 03:60:00 GMT', 'Fri, 02 Jan 2026 03:05:05 CET'],
    ...['Friday, 02-Jan-2026 03:05:05 GMT', 'Fri Jan 2 03:05:05 2026 GMT', '\u0663'],
  ])('"%s" is not understood', (header) => {
    expect(asked(header)).toBeUndefined();
  });

  test('of several headers, or what a proxy joined, the latest counts, and what is not understood is said', () => {
    const until = now + 120_000;
    expect(readRetryAfter(['120', '7'], now)).toEqual({ until, notUnderstood: [] });
    expect(readRetryAfter(['7, 120, Fri, 02 Jan 2026 03:04:06 GMT'], now)).toEqual({
      until,
      notUnderstood: [],
    });
    expect(readRetryAfter(['soon', '120', ''], now)).toEqual({ until, notUnderstood: ['soon', ''] });
    expect(readRetryAfter([], now)).toEqual({ notUnderstood: [] });
  });

  describe('in each form that RFC 9110 has, written by a writer of our own', () => {
    const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
    const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
    const two = (n: number) => String(n).padStart(2, '0');
    const time = (at: Date) => at.toISOString().slice(11, 19);
    const weekday = (at: Date) => DAYS[at.getUTCDay()] ?? '';
    const month = (at: Date) => MONTHS[at.getUTCMonth()];
    const imf = (at: Date) =>
      `${weekday(at).slice(0, 3)}, ${two(at.getUTCDate())} ${month(at)} ${at.getUTCFullYear()} ${time(at)} GMT`;
    const rfc850 = (at: Date) =>
      `${weekday(at)}, ${two(at.getUTCDate())}-${month(at)}-${two(at.getUTCFullYear() % 100)} ${time(at)} GMT`;
    const asctime = (at: Date) =>
      `${weekday(at).slice(0, 3)} ${month(at)} ${String(at.getUTCDate()).padStart(2)} ${time(at)} ${at.getUTCFullYear()}`;

    const aSecond = (from: string, to: string) =>
      fc.integer({ min: Date.parse(from) / 1000, max: Date.parse(to) / 1000 }).map((s) => s * 1000);
    const anyTime = aSecond('1970-01-01T00:00:00Z', '2199-12-31T23:59:59Z');

    test('seconds, with however many zeros before them', () => {
      fc.assert(
        fc.property(fc.nat(), fc.nat({ max: 20 }), (seconds, zeros) => {
          expect(asked(`${'0'.repeat(zeros)}${seconds}`)).toBe(seconds * 1000);
        }),
      );
    });

    test.each([
      ['IMF-fixdate', imf],
      ['asctime', asctime],
    ])('%s', (_form, write) => {
      fc.assert(
        fc.property(anyTime, anyTime, (at, present) => {
          expect(asked(write(new Date(at)), present)).toBe(at - present);
        }),
      );
    });

    test('RFC 850, whose two digits are a year up to 50 ahead', () => {
      const year = 365 * 24 * 3600 * 1000;
      const away = fc.integer({ min: -49 * year, max: 49 * year });
      fc.assert(
        fc.property(anyTime, away, (present, offset) => {
          const at = present + Math.trunc(offset / 1000) * 1000;
          expect(asked(rfc850(new Date(at)), present)).toBe(at - present);
        }),
      );
      const inFiftyOneYears = new Date('2077-01-03T00:00:00Z');
      expect(asked(rfc850(inFiftyOneYears))).toBe(Date.parse('1977-01-03T00:00:00Z') - now);
    });

    test('and nothing that is none of them moves it', () => {
      fc.assert(
        fc.property(fc.string({ unit: 'binary' }), (text) => {
          const { until, notUnderstood } = readRetryAfter([text], now);
          if (until === undefined) expect(notUnderstood.length).toBeGreaterThan(0);
          else expect(text).toMatch(/\d/);
        }),
      );
    });
  });
});

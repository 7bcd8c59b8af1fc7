import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { retryAfterMs } from './retry-after.js';

const now = Date.parse('2026-01-02T03:04:05Z');

describe('Retry-After', () => {
  test.each([
    ['0', 0],
    ['120', 120_000],
    [' 7 ', 7_000],
    ['Fri, 02 Jan 2026 03:05:05 GMT', 60_000],
    ['Fri, 02 Jan 2026 03:00:00 GMT', 0],
  ])('"%s" asks for %i ms', (header, expected) => {
    expect(retryAfterMs(header, now)).toBe(expected);
  });

  test.each(['', 'soon', '-1', '1.5', '2026-01-02', '1e3', '99999999999', 'Fri, 99 Jan 2026 03:05:05 GMT'])(
    '"%s" asks for nothing that we understand',
    (header) => {
      expect(retryAfterMs(header, now)).toBeUndefined();
    },
  );

  test('any date in the HTTP format is understood to the second', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000_000 }), (seconds) => {
        expect(retryAfterMs(new Date(now + seconds * 1000).toUTCString(), now)).toBe(seconds * 1000);
      }),
    );
  });
});

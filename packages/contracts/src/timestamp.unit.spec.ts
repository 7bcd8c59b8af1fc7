import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Timestamp, TimestampBefore } from './timestamp.js';

describe('a timestamp', () => {
  test.each([
    ['2026-01-31T09:00:00Z', '2026-01-31T09:00:00.000Z'],
    ['2026-01-31t09:00:00z', '2026-01-31T09:00:00.000Z'],
    ['2026-01-31 09:00:00Z', '2026-01-31T09:00:00.000Z'],
    ['2026-01-31T09:00:00.5Z', '2026-01-31T09:00:00.500Z'],
    ['2026-01-31T09:00:00.123456789Z', '2026-01-31T09:00:00.123Z'],
    ['2026-01-31T09:00:00-00:00', '2026-01-31T09:00:00.000Z'],
    ['2026-01-31T23:30:00-01:30', '2026-02-01T01:00:00.000Z'],
    ['2026-03-01T00:30:00+05:45', '2026-02-28T18:45:00.000Z'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
    ['2017-01-01T00:59:60.25+01:00', '2017-01-01T00:00:00.250Z'],
    ['0000-01-01T00:00:00Z', '0000-01-01T00:00:00.000Z'],
    ['0099-12-31T00:00:00Z', '0099-12-31T00:00:00.000Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ])('%s is %s', (written, kept) => {
    expect(Timestamp.parse(written)).toBe(kept);
    expect(TimestampBefore.safeParse(written).success).toBe(true);
  });

  test.each([
    '',
    '2026-01-31',
    '2026-01-31T09:00:00',
    '2026-01-31T09:00Z',
    '2026-01-31T09:00:00.Z',
    '2026-01-31T09:00:00,5Z',
    '2026-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-01-31T24:00:00Z',
    '2026-01-31T09:60:00Z',
    '2026-01-31T09:00:61Z',
    '2026-01-31T09:00:60Z',
    '2026-01-15T23:59:60Z',
    '2026-01-31T09:00:00+24:00',
    '2026-01-31T09:00:00+0100',
    // What a + in a URL becomes.
    '2026-01-31T09:00:00 01:00',
    '20260131T090000Z',
    '12026-01-31T09:00:00Z',
    '-0001-01-31T09:00:00Z',
    '0000-01-01T00:00:00+00:01',
    '9999-12-31T23:59:59-00:01',
    '1767225600',
    'yesterday',
    ' 2026-01-31T09:00:00Z',
    `2026-01-31T09:00:00.${'0'.repeat(60)}Z`,
    '２026-01-31T09:00:00Z',
  ])('%j is none', (written) => {
    const messages = Timestamp.safeParse(written).error?.issues.map(({ message }) => message);
    expect(messages).toEqual([expect.stringMatching(/^must be a time with its offset, such as /)]);
  });

  test('that bounds a range in any form and as exactly as one likes holds what it holds in time', () => {
    const ms = fc.integer({ min: Date.UTC(1970), max: Date.UTC(2100) });
    const offset = fc.integer({ min: -1439, max: 1439 });
    fc.assert(
      fc.property(
        ms,
        offset,
        fc.bigInt(0n, 999_999n),
        fc.integer({ min: -2, max: 2 }),
        (at, minutes, ns, by) => {
          const [day = '', rest = ''] = new Date(at + minutes * 60_000).toISOString().slice(0, -1).split('T');
          const [hours, mins] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60].map((n) =>
            String(n).padStart(2, '0'),
          );
          const bound = `${day}T${rest}${String(ns).padStart(6, '0')}${minutes < 0 ? '-' : '+'}${hours}:${mins}`;
          const stored = new Date(at + by).toISOString();
          const [event, edge] = [BigInt(at + by) * 1_000_000n, BigInt(at) * 1_000_000n + ns];
          expect(stored > Timestamp.parse(bound)).toBe(event > edge);
          expect(stored < TimestampBefore.parse(bound)).toBe(event < edge);
        },
      ),
    );
  });

  test('that was parsed once is the same when it is parsed again', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('0000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
        (date) => {
          expect(Timestamp.parse(date.toISOString())).toBe(date.toISOString());
          expect(TimestampBefore.parse(date.toISOString())).toBe(date.toISOString());
        },
      ),
    );
  });
});

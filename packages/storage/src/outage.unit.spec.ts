import { expect, test } from '@jest/globals';
import { isOutage } from './outage.js';

const failed = (code: string) => Object.assign(new Error(code), { code });
/** Whether the error, and the error that TypeORM wraps it in, count as an outage. */
const judged = (code: string) =>
  [failed(code), Object.assign(new Error('query failed'), { driverError: failed(code) })].map(isOutage);

test.each([
  'SQLITE_BUSY',
  'SQLITE_BUSY_SNAPSHOT',
  'SQLITE_LOCKED',
  'SQLITE_FULL',
  'SQLITE_IOERR_WRITE',
  'SQLITE_READONLY_DBMOVED',
  'SQLITE_CANTOPEN',
  'ECONNREFUSED',
  'ECONNRESET',
  '57P01',
  '08006',
  '53300',
  '40001',
  '40P01',
  '55P03',
  '25006',
  '25P03',
  '53100',
  '57014',
  '58030',
  '28P01',
  '3D000',
  'ECONNLOST',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
])('%s means: later', (code) => {
  expect(judged(code)).toEqual([true, true]);
});

test.each([
  'SQLITE_CONSTRAINT_UNIQUE',
  'SQLITE_CONSTRAINT_CHECK',
  'SQLITE_ERROR',
  'SQLITE_TOOBIG',
  '23505',
  '22P02',
  '42P01',
  '42501',
  '23514',
  '25P02',
  '5300',
])('%s means: not this', (code) => {
  expect(judged(code)).toEqual([false, false]);
});

test('what has no code is no outage', () => {
  for (const error of [new Error('SQLITE_BUSY'), 'SQLITE_BUSY', undefined, null, { code: 5 }])
    expect(isOutage(error)).toBe(false);
});

import { expect, test } from '@jest/globals';
import { isOutage } from './outage.js';

const failed = (code: string) => Object.assign(new Error(code), { code });

test.each(
  'SQLITE_BUSY SQLITE_BUSY_SNAPSHOT SQLITE_LOCKED SQLITE_FULL SQLITE_IOERR_WRITE SQLITE_READONLY_DBMOVED SQLITE_CANTOPEN ECONNREFUSED ECONNRESET 57P01 08006 53300 40001 40P01 55P03 25006 25P03 53100 57014 58030 28P01 3D000 ECONNLOST EHOSTUNREACH ENOTFOUND EAI_AGAIN'.split(
    ' ',
  ),
)('%s means: later', (code) => {
  expect(isOutage(failed(code))).toBe(true);
  // As TypeORM wraps it.
  expect(isOutage(Object.assign(new Error('query failed'), { driverError: failed(code) }))).toBe(true);
});

test.each(
  'SQLITE_CONSTRAINT_UNIQUE SQLITE_CONSTRAINT_CHECK SQLITE_ERROR SQLITE_TOOBIG 23505 22P02 42P01 42501 23514 25P02 5300'.split(
    ' ',
  ),
)('%s means: not this', (code) => {
  expect(isOutage(failed(code))).toBe(false);
  expect(isOutage(Object.assign(new Error('query failed'), { driverError: failed(code) }))).toBe(false);
});

test('what has no code is no outage', () => {
  for (const error of [new Error('SQLITE_BUSY'), 'SQLITE_BUSY', undefined, null, { code: 5 }])
    expect(isOutage(error)).toBe(false);
});

import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { newUuidV7 } from './uuid-v7.js';

const V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** Later than any clock in these tests, and later with each of them: the counter belongs to the process. */
let at = Date.UTC(2100, 0, 1);

beforeEach(() => {
  at += 3_600_000;
  jest.useFakeTimers({ now: at });
});
afterEach(() => {
  jest.useRealTimers();
});

const many = (count: number) => Array.from({ length: count }, newUuidV7);

test('ids of one millisecond are of version 7, carry its time, differ, and stand in the order in which they were made', () => {
  const ids = many(20_000); // more than one filling of the pool
  expect(ids.every((id) => V7.test(id))).toBe(true);
  expect(new Set(ids.map((id) => Number.parseInt(id.replace('-', '').slice(0, 12), 16)))).toEqual(
    new Set([at]),
  );
  expect(new Set(ids).size).toBe(20_000);
  expect(ids).toEqual(ids.toSorted());
  expect(new Set(ids.map((id) => id.slice(-12))).size).toBe(20_000);
});

test('the order holds over milliseconds, and when the clock is set back', () => {
  const before = many(3);
  jest.setSystemTime(at + 1);
  const next = many(3);
  jest.setSystemTime(at - 1_800_000);
  const setBack = many(3);
  jest.setSystemTime(at + 2);
  const ids = [...before, ...next, ...setBack, ...many(3)];
  expect(ids).toEqual(ids.toSorted());
  expect(new Set(ids).size).toBe(12);
});

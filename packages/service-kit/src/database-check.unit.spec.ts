import { expect, test } from '@jest/globals';
import { databaseCheck } from './database-check.js';

/** A database that counts what it is asked, and answers when it is told to. */
function aDatabase() {
  const asked: ((error?: Error) => void)[] = [];
  const read = () =>
    new Promise<[]>((resolve, reject) => asked.push((error) => (error ? reject(error) : resolve([]))));
  return { read, asked };
}

test('questions within a second, or while it is asked, get the same answer; then it is asked again', async () => {
  const database = aDatabase();
  let now = 0;
  const check = databaseCheck(database, () => now);
  const first = Array.from({ length: 100 }, () => check.unhealthyReason());
  // It hangs for longer than an answer is remembered.
  now = 30_000;
  first.push(...Array.from({ length: 100 }, () => check.unhealthyReason()));
  expect(database.asked).toHaveLength(1);
  database.asked[0]?.(new Error('connect ECONNREFUSED 10.0.0.7:5432'));
  expect(new Set(await Promise.all(first))).toEqual(new Set(['connect ECONNREFUSED 10.0.0.7:5432']));

  now += 999;
  expect(await check.unhealthyReason()).toContain('ECONNREFUSED');
  expect(database.asked).toHaveLength(1);
  now += 1;
  const next = check.unhealthyReason();
  expect(database.asked).toHaveLength(2);
  database.asked[1]?.();
  expect(await next).toBeUndefined();
});

import { describe, expect, test } from '@jest/globals';
import { pauseAfter } from '../accounts/guesses.js';
import { networkOf } from './network-of.js';
import { RateLimit } from './rate-limit.js';
import { SharedCounts } from './shared-counts.js';

const away = () => Promise.reject(new Error('Redis is away'));
/** Counts of a process that is alone. */
const countsWithoutRedis = (clock: () => number) =>
  new SharedCounts({ status: 'end', eval: away, hmget: away, del: away }, clock);

describe('the rate limit', () => {
  const limitOf = (perMinute: number, clock: () => number) =>
    new RateLimit(
      countsWithoutRedis(clock),
      { default: perMinute, auth: perMinute, callbacks: perMinute, tests: perMinute },
      clock,
    );

  test('lets in so many a minute, then says how long to wait, then starts anew', async () => {
    let now = 60_000 * 1000 + 15_000;
    const limit = limitOf(2, () => now);
    expect(await limit.take('default', 'a')).toEqual({
      'ratelimit-policy': '"default";q=2;w=60',
      ratelimit: '"default";r=1;t=45',
    });
    expect((await limit.take('default', 'a'))?.ratelimit).toBe('"default";r=0;t=45');
    for (const _ of [1, 2, 3]) await expect(limit.take('default', 'a')).rejects.toThrow(/Try again in 45 s/);
    expect((await limit.take('default', 'b'))?.ratelimit).toBe('"default";r=1;t=45');
    now += 45_000;
    expect((await limit.take('default', 'a'))?.ratelimit).toBe('"default";r=1;t=60');
  });

  test('counts each bucket apart', async () => {
    const limit = limitOf(1, () => 0);
    for (const bucket of ['default', 'auth', 'callbacks', 'tests'] as const) {
      expect(await limit.take(bucket, 'a')).toMatchObject({ 'ratelimit-policy': `"${bucket}";q=1;w=60` });
      await expect(limit.take(bucket, 'a')).rejects.toMatchObject({ status: 429 });
    }
  });

  test('0 is no limit', async () => {
    expect(await limitOf(0, () => 0).take('default', 'a')).toBeUndefined();
  });

  test('holds no more callers than it can bear, and those beyond have counts of their own', async () => {
    const limit = limitOf(2, () => 0);
    for (let caller = 0; caller < 100_000; caller++) await limit.take('default', `known-${caller}`);
    for (let caller = 0; caller < 3; caller++)
      expect((await limit.take('default', `stranger-${caller}`))?.ratelimit).toMatch(/r=1/);
    expect((await limit.take('default', 'known-50000'))?.ratelimit).toMatch(/r=0/);
    // The first of them were used least recently: they made room.
    expect((await limit.take('default', 'known-0'))?.ratelimit).toMatch(/r=1/);
  });
});

test('a count that Redis has not heard of is forgotten after its time, and not before', async () => {
  let now = 1_000;
  const counts = countsWithoutRedis(() => now);
  await counts.add('a', 100);
  now += 60;
  expect(await counts.add('a', 100)).toEqual({ count: 2, lastAt: 1_060 });
  now += 99;
  expect(await counts.read('a', 100)).toEqual({ count: 2, lastAt: 1_060 });
  now += 1;
  expect(await counts.read('a', 100)).toEqual({ count: 0, lastAt: 0 });
  await counts.add('a', 100);
  await counts.clear('a');
  expect(counts.known('a').count).toBe(0);
});

test('after five failures an account pauses, twice as long each time, for 15 minutes at most', () => {
  const pauses = [0, 1, 4, 5, 6, 7, 14, 15, 16, 1_000_000].map((failures) => pauseAfter(failures) / 1000);
  expect(pauses).toEqual([0, 0, 0, 1, 2, 4, 512, 900, 900, 900]);
});

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002:ffff::1', '2001:db8:1:2::/64'],
  ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
  ['::1', '0:0:0:0::/64'],
  ['unknown', 'unknown'],
  ['a:b', 'a:b'],
  ['x'.repeat(1_000), 'x'.repeat(64)],
])('%s is counted as %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

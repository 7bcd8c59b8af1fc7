import { newId } from '@comanda/contracts';
import { until } from '@comanda/kit';
import { redisUrl } from '@comanda/test-kit';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { StreamPlaces } from './stream-places.js';

const redis = new Redis(redisUrl(), { keyPrefix: `places-${newId()}:` });
beforeAll(() => redis.ping());
afterAll(() => redis.quit());
const instance = (of: Redis) => new StreamPlaces(of, pino({ enabled: false }));
const [one, other] = [instance(redis), instance(redis)];

const TOO_MANY = { status: 429, code: 'TOO_MANY_STREAMS' };
const twenty = async (places: StreamPlaces, caller: string) =>
  await Promise.all(Array.from({ length: 20 }, () => places.take(caller)));

describe('the places of a caller', () => {
  test('are twenty at all instances together, also when all are taken at once', async () => {
    const caller = newId();
    const taken = await Promise.allSettled(
      Array.from({ length: 40 }, (_, at) => (at % 2 === 0 ? one : other).take(caller)),
    );
    expect(taken.filter(({ status }) => status === 'fulfilled')).toHaveLength(20);
    await expect(one.take(caller)).rejects.toMatchObject(TOO_MANY);
  });

  test('are kept by those who have them when Redis has lost them, and free when nobody keeps them', async () => {
    const caller = newId();
    const taken = await twenty(one, caller);
    const name = `streams:${caller}`;
    const left = await redis.pttl(name);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(20_000);
    await redis.del(name);
    for (const place of taken) place.keep();
    await until('all are kept', async () => (await redis.zcard(name)) === 20);
    await expect(other.take(caller)).rejects.toMatchObject(TOO_MANY);
    // As if 20 s had passed.
    for (const place of await redis.zrange(name, '0', '-1')) await redis.zadd(name, '1', place);
    expect(await twenty(other, caller)).toHaveLength(20);
  });

  test('are counted by each instance for itself while Redis is away', async () => {
    const caller = newId();
    const away = new Redis({ lazyConnect: true });
    const [here, there] = [instance(away), instance(away)];
    const [first] = await twenty(here, caller);
    await expect(here.take(caller)).rejects.toMatchObject(TOO_MANY);
    await twenty(there, caller);
    first?.leave();
    await here.take(caller);
    await expect(here.take(caller)).rejects.toMatchObject(TOO_MANY);
  });
});

import { until } from '@comanda/kit';
import { startRedis } from '@comanda/local-infra';
import { type Database, EVERY_TENANT, statement } from '@comanda/storage';
import { RecordingLogger } from '@comanda/test-kit';
import { afterEach, describe, expect, test } from '@jest/globals';
import { metrics } from '../metrics.js';
import type { Instance } from '../testing/instance.js';
import { Counted, counted, DEAD_LETTERS, many, QUEUE, SERVICE } from '../testing/ledger.js';
import { useStage } from '../testing/stage.js';
import { incarnationOf } from './incarnation.js';
import { LATEST_SECONDS, PROCESSED_SECONDS, RedisFastPath } from './redis-fast-path.js';

const stage = useStage();
const cleaning: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleaning.splice(0).reverse()) await clean();
});

const SAVED = ['inbox', 'outbox', 'work', 'counters', 'incarnation'];

const run = (database: Database, texts: readonly string[]): Promise<void> =>
  database.transaction(async (transaction) => {
    for (const text of texts) await transaction.run(statement(text));
  }, EVERY_TENANT);

/** All tables as they are at this moment; the same on both databases. */
const backUp = ({ database }: Instance): Promise<void> =>
  run(
    database,
    [...SAVED, 'effects'].map((table) => `CREATE TABLE saved_${table} AS SELECT * FROM ${table}`),
  );

const restore = ({ database }: Instance): Promise<void> =>
  run(database, [
    ...SAVED.flatMap((table) => [
      `DELETE FROM ${table}`,
      `INSERT INTO ${table} SELECT * FROM saved_${table}`,
    ]),
    // Its rows are numbered by the database.
    'DELETE FROM effects WHERE message_id NOT IN (SELECT message_id FROM saved_effects)',
    ...[...SAVED, 'effects'].map((table) => `DROP TABLE saved_${table}`),
  ]);

/** Enters a message into the inbox as if it had been handled. */
const handled = (database: Database, id: string): Promise<unknown> =>
  database.transaction((transaction) => transaction.claimInbox([id], new Date().toISOString()));

const duplicates = async (): Promise<number> => {
  const { values } = await metrics.handled.get();
  const found = values.find(({ labels }) => labels.type === Counted.type && labels.outcome === 'duplicate');
  return found?.value ?? 0;
};

const remembered = async (count: number): Promise<void> =>
  until(
    `Redis remembers ${count} messages`,
    async () => (await stage.redis.keys('processed:*')).length === count,
  );

/** An instance that has handled these messages, which Redis remembers. */
async function havingHandled(
  redis: Awaited<ReturnType<typeof stage.readyRedis>>,
  messages: Parameters<typeof stage.raw.publish>[0],
): Promise<Instance> {
  const instance = await stage.start({ redis });
  await stage.raw.publish(messages);
  await remembered(messages.length);
  return instance;
}

const RESTORED = 'older than what Redis remembers';

describe('a database that is restored from a backup', () => {
  test('handles again what it forgot, although Redis remembers it; once, and says so in one line', async () => {
    const redis = await stage.readyRedis();
    const early = many(5, () => counted({ counter: 'early' }));
    const first = await havingHandled(redis, early);
    await backUp(first);
    const late = many(20, () => counted({ counter: 'late' }));
    await stage.raw.publish(late);
    await remembered(25);
    await first.stop();
    await restore(first);
    expect(await first.rows('effects')).toBe(5);

    const second = await stage.start({ redis });
    const known = await duplicates();
    await stage.raw.publish([...early, ...late, ...late]);
    await until('all are taken', async () => (await duplicates()) - known === 5 + 20);
    await second.stop();
    expect(await second.rows('effects')).toBe(25);
    expect(await second.count('late')).toBe(20);
    expect(await second.rows('inbox')).toBe(25);
    expect([await stage.raw.ready(QUEUE), await stage.raw.ready(DEAD_LETTERS)]).toEqual([0, 0]);
    expect(second.log.said(RESTORED)).toHaveLength(1);
    expect(second.redis?.incarnation).not.toBe(first.redis?.incarnation);

    // Its new life goes on.
    const third = await stage.start({ redis });
    expect(third.redis?.incarnation).toBe(second.redis?.incarnation);
    expect(third.log.said(RESTORED)).toHaveLength(0);
  });

  test('is noticed by one of several instances that start at once, and all live the same new life', async () => {
    const redis = await stage.readyRedis();
    const { database } = await stage.create({ rabbitUrl: NOWHERE });
    const incarnation = await ofStage({ database }, redis);
    await new RedisFastPath(redis, SERVICE, incarnation).settle({
      done: ['undone'],
      held: [],
      last: 'undone',
    });
    const log = new RecordingLogger();
    const found = await Promise.all([1, 2, 3, 4].map(() => ofStage({ database, log }, redis)));
    expect(new Set(found).size).toBe(1);
    expect(found).not.toContain(incarnation);
    expect(log.said(RESTORED)).toHaveLength(1);
  });

  test('is noticed although the last word in Redis is of an instance that fell behind', async () => {
    const redis = await stage.readyRedis();
    const instance = await stage.create({ rabbitUrl: NOWHERE });
    const incarnation = await ofStage(instance, redis);
    const [quick, slow] = [1, 2].map(() => new RedisFastPath(redis, SERVICE, incarnation));
    await handled(instance.database, 'committed before the backup');
    await quick?.settle({
      done: ['committed after the backup'],
      held: [],
      last: 'committed after the backup',
    });
    await slow?.settle({
      done: ['committed before the backup'],
      held: [],
      last: 'committed before the backup',
    });
    expect(await ofStage(instance, redis)).not.toBe(incarnation);
  });

  test('is taken for possible when Redis can not be asked: what it remembers is never believed', async () => {
    const server = await startRedis({ directory: stage.folder.file('redis') });
    cleaning.push(() => server.discard());
    const redis = stage.connectRedis(server.url);
    await until('Redis is connected', () => redis.status === 'ready');
    const first = await stage.start({ redis });
    await backUp(first);
    const messages = many(10, () => counted({ counter: 'a' }));
    await stage.raw.publish(messages);
    await until(
      'they are remembered',
      async () => (await redis.keys('processed:*')).length === messages.length,
    );
    await first.stop();
    await restore(first);

    await server.pause();
    const second = await stage.start({ redis: stage.connectRedis(server.url) });
    await server.resume();
    await until('Redis is back', () => second.redis?.client.status === 'ready');
    await stage.raw.publish(messages);
    await until('all are handled again', async () => (await second.count('a')) === 10);
    await second.stop();
    expect(await second.rows('effects')).toBe(10);
    expect(second.log.said('Redis could not be asked')).toHaveLength(1);
    expect(second.log.said(RESTORED)).toHaveLength(0);
  });
});

test('a Redis that refuses the password is one that is away: the inbox alone decides', async () => {
  const server = await startRedis({ directory: stage.folder.file('redis') });
  cleaning.push(() => server.discard());
  const operator = stage.connectRedis(server.url);
  await until('Redis is connected', () => operator.status === 'ready');
  await operator.config('SET', 'requirepass', 'right');
  const url = new URL(server.url);
  url.password = 'wrong';
  const instance = await stage.start({ redis: stage.connectRedis(url.href) });
  const message = counted({ counter: 'a' });
  const known = await duplicates();
  await stage.raw.publish([message, message, counted({ counter: 'b' })]);
  await until('all are taken', async () => (await instance.rows('effects')) === 2);
  await until('the second is a duplicate', async () => (await duplicates()) - known === 1);
  await instance.stop();
  expect(await instance.count('a')).toBe(1);
  expect(await operator.dbsize()).toBe(0);
  expect(instance.log.lines.filter(({ message }) => /Redis/.test(message))).toHaveLength(1);
});

describe('a service that starts again', () => {
  test('stays in its incarnation, and Redis answers for what it handled before', async () => {
    const redis = await stage.readyRedis();
    const messages = many(30, () => counted({ counter: 'a' }));
    const first = await havingHandled(redis, messages);
    await first.stop();

    const second = await stage.start({ redis });
    expect(second.redis?.incarnation).toBe(first.redis?.incarnation);
    expect(second.log.lines.filter(({ message }) => /Redis/.test(message))).toEqual([]);
    // So nobody but Redis can know them.
    await run(second.database, ['DELETE FROM inbox']);
    const known = await duplicates();
    await stage.raw.publish(messages);
    await until('all are known', async () => (await duplicates()) - known === 30);
    await second.stop();
    expect(await second.rows('effects')).toBe(30);
    expect(await second.rows('inbox')).toBe(0);
  });

  test('has in Redis one latest message for each instance, kept for longer than what it stands for', async () => {
    const redis = await stage.readyRedis();
    const instance = await stage.create({ rabbitUrl: NOWHERE });
    const incarnation = await ofStage(instance, redis);
    const key = `latest:${SERVICE}:${incarnation}`;
    const [one, other] = [1, 2].map(() => new RedisFastPath(redis, SERVICE, incarnation));
    await one?.settle({ done: ['a', 'b'], held: [], last: 'b' });
    await one?.settle({ done: ['c'], held: ['c'], last: 'c' });
    await other?.settle({ done: ['d'], held: [], last: 'd' });
    // Nothing done, nothing new.
    await other?.settle({ done: [], held: ['d'], last: undefined });
    const values = await stage.redis.hvals(key);
    expect(values.map((value) => value.split(' ').at(-1)).sort()).toEqual(['c', 'd']);
    expect(await stage.redis.ttl(key)).toBeGreaterThan(PROCESSED_SECONDS + 3600);
    expect(await stage.redis.ttl(key)).toBeLessThanOrEqual(LATEST_SECONDS);

    for (const id of ['c', 'd']) await handled(instance.database, id);
    expect(await ofStage(instance, redis)).toBe(incarnation);
    // Of an instance that is gone for long: the inbox may have forgotten it, and Redis has forgotten what it stood for.
    await stage.redis.hset(
      key,
      'gone',
      `7 ${Math.floor(Date.now() / 1_000) - LATEST_SECONDS - 60} forgotten`,
    );
    expect(await ofStage(instance, redis)).toBe(incarnation);
    expect(await stage.redis.hexists(key, 'gone')).toBe(0);
  });

  test('does not remember in Redis what the inbox knew: nothing stands for it', async () => {
    const redis = await stage.readyRedis();
    const instance = await stage.start({ redis });
    const message = counted({ counter: 'a' });
    await stage.raw.publish([message]);
    await remembered(1);
    await stage.redis.flushall();
    const known = await duplicates();
    await stage.raw.publish([message]);
    await until('it is a duplicate', async () => (await duplicates()) - known === 1);
    await instance.stop();
    expect(await stage.redis.keys('processed:*')).toEqual([]);
    expect(await stage.redis.keys('latest:*')).toEqual([]);
  });
});

/** A broker that nobody runs, for instances that are to do nothing by themselves. */
const NOWHERE = 'amqp://127.0.0.1:1';

function ofStage(
  { database, log = new RecordingLogger() }: Pick<Instance, 'database'> & { log?: RecordingLogger },
  redis: Awaited<ReturnType<typeof stage.readyRedis>>,
): Promise<string> {
  return incarnationOf({ service: SERVICE, database, redis, logger: log });
}

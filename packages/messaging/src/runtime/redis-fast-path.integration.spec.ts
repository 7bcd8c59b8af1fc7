import { randomUUID } from 'node:crypto';
import { newId } from '@comanda/contracts';
import { until } from '@comanda/kit';
import { startRedis } from '@comanda/local-infra';
import { statement } from '@comanda/storage';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { Instance } from '../testing/instance.js';
import { counted, DEAD_LETTERS, many, QUEUE } from '../testing/ledger.js';
import { LISTENER, useStage } from '../testing/stage.js';
import { RedisFastPath } from './redis-fast-path.js';

const stage = useStage();
const cleaning: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleaning.splice(0)) await clean();
});

/** A Redis of the test's own, which it may stop or pause. */
async function ownRedis() {
  const server = await startRedis({ directory: stage.folder.file('redis') });
  cleaning.push(() => server.discard());
  const client = stage.connectRedis(server.url);
  await until('Redis is connected', () => client.status === 'ready');
  return { server, client };
}

const lockOf = (id: string, service = 'products-service') => `lock:${service}:${id}`;
const processedBy = ({ redis }: Instance, id: string) =>
  `processed:products-service:${redis?.incarnation}:${id}`;

describe('Redis', () => {
  test('emptied again and again under load changes nothing', async () => {
    const instance = await stage.start({ redis: await stage.readyRedis(), prefetch: 50 });
    const messages = many(500, (at) => counted({ counter: `c${at % 5}` }));
    const published = stage.raw.publish([...messages, ...messages]);
    await until('all took effect', async () => {
      await stage.redis.flushall();
      return (await instance.rows('effects')) >= 500;
    });
    await published;
    await until('the queue is empty', async () => (await stage.raw.ready(QUEUE)) === 0);
    await instance.stop();
    expect(await instance.rows('effects')).toBe(500);
    expect(await instance.rows('inbox')).toBe(500);
    expect(new Set((await stage.raw.events(LISTENER)).map(({ id }) => id)).size).toBe(500);
    expect(await stage.raw.ready(DEAD_LETTERS)).toBe(0);
  });

  test('killed and started again loses no message and repeats none', async () => {
    const { server, client } = await ownRedis();
    const instance = await stage.start({ redis: client });
    const message = counted({ counter: 'a' });
    await stage.raw.publish([message]);
    await until('the first is handled', async () => (await instance.count('a')) === 1);
    await server.kill();
    await stage.raw.publish([message, ...many(200, () => counted({ counter: 'b' }))]);
    await until('the others are handled without it', async () => (await instance.count('b')) === 200);
    expect(await instance.count('a')).toBe(1);

    await server.start();
    await until('the client is back', () => client.status === 'ready');
    await until('it is used again', async () => {
      const next = counted({ counter: 'c' });
      await stage.raw.publish([next]);
      await until(
        'it is handled',
        async () =>
          (await instance.database.read(statement('SELECT 1 FROM inbox WHERE message_id = $1'), next.id))
            .length === 1,
      );
      return (await client.keys('processed:*')).length > 0;
    });
    expect(instance.messaging.unhealthyReason).toBeUndefined();
  });

  test('that hangs delays a few batches, then none: the service does not ask it for a while', async () => {
    const { server, client } = await ownRedis();
    const instance = await stage.start({ redis: client });
    await server.pause();
    const commands = jest.spyOn(client, 'sendCommand');
    for (let at = 1; at <= 30; at++) {
      await stage.raw.publish([counted({ counter: 'a' })]);
      await until('it is handled', async () => (await instance.count('a')) === at);
    }
    // Each message would have asked twice.
    expect(commands.mock.calls.length).toBeLessThan(20);
    await until('the inbox has them all', async () => (await instance.rows('inbox')) === 30);
    await server.resume();
    expect(await stage.raw.ready(DEAD_LETTERS)).toBe(0);
  });

  test('remembers for a day what is done, and keeps no lock after it', async () => {
    const instance = await stage.start({ redis: await stage.readyRedis() });
    const message = counted({ counter: 'a' });
    const poison = counted({ counter: 'a', mode: 'throw' });
    await stage.raw.publish([message, poison]);
    await until(
      'it is remembered',
      async () => (await stage.redis.exists(processedBy(instance, message.id))) === 1,
    );
    await until('the other is a dead letter', async () => (await stage.raw.ready(DEAD_LETTERS)) === 1);
    await instance.stop();
    const ttl = await stage.redis.ttl(processedBy(instance, message.id));
    expect(ttl).toBeGreaterThan(24 * 3600 - 60);
    expect(ttl).toBeLessThanOrEqual(24 * 3600);
    await until(
      'no lock is left',
      async () => (await stage.redis.keys('lock:products-service:*')).length === 0,
    );
    expect(await stage.redis.keys('processed:*')).toEqual([processedBy(instance, message.id)]);
  });

  test('saves the database a message that it knows to be done', async () => {
    const instance = await stage.start({ redis: await stage.readyRedis() });
    const known = counted({ counter: 'a' });
    await stage.redis.set(processedBy(instance, known.id), '1');
    await stage.raw.publish([known, counted({ counter: 'b' })]);
    await until('what came behind it is handled', async () => (await instance.count('b')) === 1);
    await instance.stop();
    expect(await instance.rows('inbox')).toBe(1);
    expect(await instance.count('a')).toBe(0);
    expect(await stage.raw.ready(QUEUE)).toBe(0);
  });

  test("has keys for each service: another service's keys do not count", async () => {
    const instance = await stage.start({ redis: await stage.readyRedis() });
    const message = counted({ counter: 'a' });
    const theirs = new RedisFastPath(await stage.readyRedis(), 'orders-service', 'a-life');
    const asked = [{ id: message.id, redelivered: false }];
    expect((await theirs.ask(asked)).busy.size).toBe(0);
    await theirs.settle({ done: [message.id], held: [], last: message.id });
    expect([...(await theirs.ask(asked)).processed]).toEqual([message.id]);
    await stage.raw.publish([message]);
    await until('it is handled', async () => (await instance.count('a')) === 1);
    await instance.stop();
    expect(await stage.redis.exists(lockOf(message.id, 'orders-service'))).toBe(1);
  });

  test('shows that another process handles a message: it is put off, and handled when the lock is gone', async () => {
    const instance = await stage.start({ redis: await stage.readyRedis() });
    const message = counted({ counter: 'a' });
    await stage.redis.set(lockOf(message.id), 'somebody');
    await stage.raw.publish([message, counted({ counter: 'b' })]);
    await until('its neighbour is handled', async () => (await instance.count('b')) === 1);
    expect(await instance.count('a')).toBe(0);
    expect(await stage.redis.get(lockOf(message.id))).toBe('somebody');
    await stage.redis.del(lockOf(message.id));
    await until('it is handled', async () => (await instance.count('a')) === 1);
    await instance.stop();
    expect(await instance.rows('effects')).toBe(2);
    expect(await stage.raw.ready(DEAD_LETTERS)).toBe(0);
  });
});

describe('a lock', () => {
  test('lasts 10 seconds at most, and only its holder releases it', async () => {
    const redis = await stage.readyRedis();
    const [ours, theirs] = [
      new RedisFastPath(redis, 'products-service', 'a-life'),
      new RedisFastPath(redis, 'products-service', 'a-life'),
    ];
    const id = newId();
    expect((await ours.ask([{ id, redelivered: false }])).busy.size).toBe(0);
    const ttl = await stage.redis.pttl(lockOf(id));
    expect(ttl).toBeGreaterThan(0);
    expect(ttl).toBeLessThanOrEqual(10_000);
    expect([...(await theirs.ask([{ id, redelivered: false }])).busy]).toEqual([id]);
    await theirs.settle({ done: [], held: [id], last: undefined });
    expect(await stage.redis.exists(lockOf(id))).toBe(1);
    await ours.settle({ done: [], held: [id], last: undefined });
    expect(await stage.redis.exists(lockOf(id))).toBe(0);
  });

  test('of a process that lost the message passes to the one that it is redelivered to', async () => {
    const redis = await stage.readyRedis();
    const id = newId();
    await stage.redis.set(lockOf(id), randomUUID(), 'EX', 10);
    expect(
      (await new RedisFastPath(redis, 'products-service', 'a-life').ask([{ id, redelivered: true }])).busy
        .size,
    ).toBe(0);
  });
});

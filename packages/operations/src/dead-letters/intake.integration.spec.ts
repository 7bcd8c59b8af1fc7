import { until } from '@comanda/kit';
import { type Sql, statement } from '@comanda/storage';
import { Child, onPostgres, rabbitmqctl, rabbitUrl, vhost } from '@comanda/test-kit';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { counted, DEAD_LETTERS, type Instance, QUEUE } from '../testing/service.js';
import { minute, Stage } from '../testing/stage.js';

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.open();
});
afterEach(() => stage.close());

const byAna = { by: 'ana', dryRun: false };
const dead = (instance: Instance, count: number) =>
  until(`${count} are dead`, async () => (await instance.dead()) === count);
const dying = (crashAt: string) =>
  new Child(new URL('../testing/instance-process.ts', import.meta.url), {
    rabbitUrl: rabbitUrl(),
    file: stage.file,
    crashAt,
  });
/** Every message that was unacked is in its queue again, and none is lost or there twice. */
const inQueue = (count: number) =>
  until(`${count} are in the queue`, async () => (await stage.raw.ready(DEAD_LETTERS)) === count);

describe('the dead letters of a service', () => {
  test('that came while it was down are taken in when it starts', async () => {
    const first = await stage.start();
    await first.stop();
    for (let at = 0; at < 120; at++) await stage.put(minute(1));
    await inQueue(120);
    expect(await first.dead()).toBe(0);
    const second = await stage.start();
    await dead(second, 120);
    expect(await stage.raw.ready(DEAD_LETTERS)).toBe(0);
  });

  test.each(['before-commit', 'after-commit'])(
    'are all there once, when a process that takes them in is killed %s',
    async (failpoint) => {
      const before = await stage.start();
      await before.stop();
      const child = dying(`${failpoint}@dead-letter:3`);
      await child.ready();
      const deadLetters = Array.from({ length: 150 }, () => counted({ counter: 'a' }));
      for (const deadLetter of deadLetters) await stage.put(minute(1), deadLetter);
      await child.exited();
      expect(child.output).toContain(`killed at the failpoint ${failpoint} (dead-letter)`);
      await until('what it had in hand is back', async () => {
        const taken = await before.dead();
        const waiting = await stage.raw.ready(DEAD_LETTERS);
        return taken + waiting >= 150;
      });
      const instance = await stage.start();
      await dead(instance, 150);
      const listed = await stage.list({}, { limit: 200 });
      expect(listed).toHaveLength(150);
      expect(listed.every(({ copies }) => copies === 1)).toBe(true);
      expect(await instance.rows('dead_letters')).toBe(150);
      expect(await stage.raw.ready(DEAD_LETTERS)).toBe(0);
    },
  );

  test('are one when the broker gives one out again, also after it was replayed or discarded', async () => {
    const instance = await stage.start();
    const at = minute(1);
    const deadLetters = [await stage.put(at), await stage.put(at), await stage.put(at)];
    await dead(instance, 3);
    const [discarded, replayed, kept] = deadLetters.map(({ id }) => id);
    await stage.discard(discarded ?? '', byAna);
    await stage.replay(replayed ?? '', byAna);
    await until('it took effect', async () => (await instance.effects()).includes(replayed ?? ''));
    // The same dead letters, as after an ack that never reached the broker.
    for (const deadLetter of deadLetters) await stage.put(at, deadLetter);
    await until('they are taken', async () => (await stage.raw.ready(DEAD_LETTERS)) === 0);
    await stage.put(minute(9)); // it is taken in after them
    await dead(instance, 2);
    expect((await stage.list()).map(({ messageId }) => messageId)).toContain(kept);
    expect((await stage.list()).every(({ copies }) => copies === 1)).toBe(true);
  });

  test('of several instances are each taken in once', async () => {
    const instances = [await stage.start(), await stage.start()];
    const deadLetters = Array.from({ length: 100 }, () => counted({ counter: 'a' }));
    await Promise.all([...deadLetters, ...deadLetters].map((deadLetter) => stage.put(minute(1), deadLetter)));
    await until('all are taken', async () => (await stage.raw.ready(DEAD_LETTERS)) === 0);
    const [instance] = instances;
    if (instance) await dead(instance, 100);
    expect(await stage.list({}, { limit: 200 })).toHaveLength(100);
  });

  test('are taken in again after the connection was lost, and after their queue was deleted', async () => {
    const instance = await stage.start();
    await rabbitmqctl('close_all_connections', '--vhost', vhost(), 'as a test');
    await stage.reconnect();
    await stage.put(minute(1));
    await dead(instance, 1);
    // A channel that is set up again now declares the deleted queue so soon that the broker does not cancel its consumer.
    const connected = () => instance.log.said('connected to the broker').length;
    await until('each of its three connections came back', () => connected() === 6);
    await Promise.all([instance.messaging.ready(), instance.deadLetters.ready()]);
    await stage.raw.delete(DEAD_LETTERS);
    await until('it is declared again', () => stage.raw.exists(DEAD_LETTERS));
    await stage.put(minute(2));
    await dead(instance, 2);
  });
});

(onPostgres ? describe.skip : describe)('while the database is out', () => {
  /** An instance that knows that its database takes nothing, and so many dead letters in the queue. */
  const withoutDatabase = async (deadLetters: number) => {
    const instance = await stage.start();
    const connection: Sql = await instance.database.transaction(async (sql) => sql);
    await connection.run(statement('PRAGMA query_only = ON'));
    for (let at = 0; at < deadLetters; at++) await stage.put(minute(at));
    await until('it is known', () => instance.deadLetters.unhealthyReason?.includes('readonly') ?? false);
    return { instance, connection };
  };

  test('dead letters stay in their queue, which is logged once; then they are taken in', async () => {
    const { instance, connection } = await withoutDatabase(80);
    expect(instance.deadLetters.unhealthyReason).toContain('dead letters stay in their queue');
    expect(await instance.dead()).toBe(0);
    expect(await stage.raw.ready(DEAD_LETTERS)).toBeGreaterThan(0); // no more than a handful is held
    await connection.run(statement('PRAGMA query_only = OFF'));
    await dead(instance, 80);
    await until('it is well again', () => instance.deadLetters.unhealthyReason === undefined);
    expect(instance.log.said('dead letters stay in their queue')).toHaveLength(1);
    expect(instance.log.said('dead letters are taken in again')).toHaveLength(1);
  });

  test('the service stops and leaves all dead letters in their queue', async () => {
    const { instance } = await withoutDatabase(10);
    await instance.stop();
    await inQueue(10);
  });
});

describe('a replay', () => {
  test.each([
    'before-commit@products.replayDeadLetters',
    'after-commit@products.replayDeadLetters',
    'after-publish@products_queue',
    'before-commit@replay-dead-letter',
    'after-commit@replay-dead-letter',
  ])('is neither lost nor done twice, when its process is killed %s', async (crashAt) => {
    const before = await stage.start();
    await before.stop();
    const child = dying(crashAt);
    await child.ready();
    const poison = counted({ counter: 'a', mode: 'throw' });
    const good = counted({ counter: 'a' });
    await stage.put(new Date().toISOString(), poison);
    await stage.put(new Date().toISOString(), good);
    await dead(before, 2);
    // Who asks may hear nothing, as its answer died with the process; nobody waits for that.
    void stage.replay(good.id, byAna).catch(() => undefined);
    await child.exited();
    expect(child.output).toContain(`killed at the failpoint ${crashAt.split('@')[0]}`);
    const instance = await stage.start();
    // The leases of the dead process run out, or the command is delivered again.
    await until('the good one took effect', async () => (await instance.effects()).length === 1);
    await until('nothing is under way', async () => (await instance.rows('work')) === 0);
    expect(await instance.effects()).toEqual([good.id]);
    expect((await stage.list()).map(({ messageId }) => messageId)).toEqual([poison.id]);
    expect(await stage.raw.ready(QUEUE)).toBe(0);
  });
});

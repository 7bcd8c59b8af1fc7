import { until } from '@comanda/kit';
import { redisUrl } from '@comanda/test-kit';
import { describe, expect, test } from '@jest/globals';
import { metrics } from '../metrics.js';
import { Counted, counted, DEAD_LETTERS, many, QUEUE } from '../testing/ledger.js';
import { LISTENER, useStage } from '../testing/stage.js';

const stage = useStage();

/** Messages that wait before anybody takes them, so that they come in batches. */
async function waiting(messages: Parameters<typeof stage.raw.publish>[0]): Promise<void> {
  await (await stage.start()).stop();
  await stage.raw.publish(messages);
}

const outcomes = async (outcome: string): Promise<number> => {
  const { values } = await metrics.handled.get();
  return values.find(({ labels }) => labels.type === Counted.type && labels.outcome === outcome)?.value ?? 0;
};

const transactions = async (): Promise<number> => {
  const { values } = await metrics.batchSize.get();
  return values.find(({ metricName }) => metricName === 'comanda_batch_size_count')?.value ?? 0;
};

describe('the same message', () => {
  test.each([{ redis: false }, { redis: true }])(
    '5 times in one batch takes effect once and is not kept waiting (Redis: $redis)',
    async ({ redis }) => {
      const message = counted({ counter: 'a' });
      await waiting([message, counted({ counter: 'b' }), message, message, message, message]);
      const duplicates = await outcomes('duplicate');
      // One that had to come again would come too late for this test.
      const retrySeconds = [600] as const;
      const instance = await stage.start({
        retrySeconds,
        redis: redis ? await stage.readyRedis() : undefined,
      });
      await until(
        'the four others are known as duplicates',
        async () => (await outcomes('duplicate')) - duplicates === 4,
      );
      await instance.stop();

      expect(await instance.count('a')).toBe(1);
      expect(await instance.rows('effects')).toBe(2);
      expect(await instance.rows('inbox')).toBe(2);
      expect(await stage.raw.events(LISTENER)).toHaveLength(2);
      expect(await stage.raw.ready(QUEUE)).toBe(0);
      expect(await stage.raw.ready(DEAD_LETTERS)).toBe(0);
    },
  );

  test('twice in one batch that cannot be decided yet is not taken for done: it takes effect later', async () => {
    const message = counted({ counter: 'a', mode: 'not-yet' });
    await waiting([message, message]);
    const retried = await outcomes('retried');
    const instance = await stage.start({ redis: await stage.readyRedis() });
    await until('it is put aside', async () => (await outcomes('retried')) - retried >= 1);
    await stage.raw.publish([counted({ counter: 'a' })]);
    await until('both took effect', async () => (await instance.rows('effects')) === 2);
    await instance.stop();
    expect(await instance.count('a')).toBe(2);
    expect(await stage.raw.ready(DEAD_LETTERS)).toBe(0);
  });

  test('in different batches, after FLUSHALL, and after a restart takes effect once', async () => {
    const message = counted({ counter: 'a' });
    const redis = await stage.readyRedis();
    const duplicates = await outcomes('duplicate');
    const first = await stage.start({ redis });
    await stage.raw.publish([message]);
    await until('it is handled', async () => (await first.count('a')) === 1);
    await stage.raw.publish([message]);
    await until('the 2nd is a duplicate', async () => (await outcomes('duplicate')) - duplicates === 1);
    await stage.redis.flushall();
    await stage.raw.publish([message]);
    await until('the 3rd is a duplicate', async () => (await outcomes('duplicate')) - duplicates === 2);
    await first.stop();

    const second = await stage.start({ redis });
    await stage.raw.publish([message]);
    await until('the 4th is a duplicate', async () => (await outcomes('duplicate')) - duplicates === 3);
    await second.stop();

    await stage.redis.flushall();
    const child = stage.startProcess({ redisUrl: redisUrl() });
    await child.ready();
    await stage.raw.publish([message, counted({ counter: 'last' })]);
    await until(
      'another process has handled what came after it',
      async () => (await second.count('last')) === 1,
    );
    expect(await child.end('SIGTERM')).toBe(0);
    expect(await second.count('a')).toBe(1);
    expect(await second.rows('effects')).toBe(2);
    expect(await stage.raw.events(LISTENER)).toHaveLength(2);
    expect(await stage.raw.ready(QUEUE)).toBe(0);
  });

  test.each([{ redis: false }, { redis: true }])(
    'of 600, each sent twice, to three processes on one database: exactly 600 effects (Redis: $redis)',
    async ({ redis }) => {
      const messages = many(600, (at) => counted({ counter: `c${at % 5}` }));
      await waiting([...messages, ...messages.toReversed()]);
      const options = { ...(redis && { redisUrl: redisUrl() }), prefetch: 50 };
      const children = [1, 2, 3].map(() => stage.startProcess(options));
      await Promise.all(children.map((child) => child.ready()));
      const observer = await stage.create({ rabbitUrl: 'amqp://127.0.0.1:1' });
      await until('all took effect', async () => (await observer.rows('effects')) >= 600);
      await until('the queue is empty', async () => (await stage.raw.ready(QUEUE)) === 0);
      expect(await Promise.all(children.map((child) => child.end('SIGTERM')))).toEqual([0, 0, 0]);

      expect(await observer.rows('effects')).toBe(600);
      expect(await observer.rows('inbox')).toBe(600);
      for (let at = 0; at < 5; at++) expect(await observer.count(`c${at}`)).toBe(120);
      expect(await observer.rows('outbox')).toBe(0);
      const published = await stage.raw.events(LISTENER);
      expect(new Set(published.map(({ id }) => id)).size).toBe(600);
      expect(await stage.raw.ready(DEAD_LETTERS)).toBe(0);
    },
  );
});

describe('messages that wait', () => {
  test('are decided many in a transaction, and each sees the changes of those before it', async () => {
    await waiting(many(300, () => counted({ counter: 'one' })));
    const before = await transactions();
    const instance = await stage.start();
    await until('all are handled', async () => (await instance.rows('effects')) === 300);
    await instance.stop();

    expect((await instance.effects()).map(({ before }) => before)).toEqual(
      Array.from({ length: 300 }, (_, at) => at),
    );
    expect(await instance.count('one')).toBe(300);
    expect((await transactions()) - before).toBeLessThan(30);
    expect(await stage.raw.events(LISTENER)).toHaveLength(300);
  });

  test('get the rows that only their first rows name, also when a predecessor in the batch wrote those', async () => {
    const idle = await stage.start();
    await stage.raw.publish([counted({ counter: 'goal' }), counted({ counter: 'goal' })]);
    await until('the goal is there', async () => (await idle.count('goal')) === 2);
    await idle.stop();
    const follow = counted({ counter: 'link', mode: 'follow' });
    await stage.raw.publish([counted({ counter: 'link', mode: 'quiet', detail: 'goal' }), follow]);
    const before = await transactions();
    const instance = await stage.start();
    await until('both are handled', async () => (await instance.rows('effects')) === 4);
    await instance.stop();

    expect((await transactions()) - before).toBe(1);
    expect(await instance.count('goal')).toBe(3);
    expect((await instance.effects()).at(-1)).toEqual({ messageId: follow.id, counter: 'goal', before: 2 });
    expect(await stage.raw.ready(DEAD_LETTERS)).toBe(0);
  });

  test('do not delay an idle service: a single message is a batch of one', async () => {
    const instance = await stage.start();
    const before = await transactions();
    for (let at = 1; at <= 3; at++) {
      await stage.raw.publish([counted({ counter: 'one' })]);
      await until('it is handled', async () => (await instance.count('one')) === at);
    }
    expect((await transactions()) - before).toBe(3);
  });
});

import { CONTENT_TYPE, type Envelope } from '@comanda/contracts';
import { until } from '@comanda/kit';
import { statement } from '@comanda/storage';
import { onPostgres, redisUrl } from '@comanda/test-kit';
import { describe, expect, test } from '@jest/globals';
import { MAX_BYTES_IN_HAND } from '../broker/bounded-consumer.js';
import { metrics } from '../metrics.js';
import type { Instance } from '../testing/instance.js';
import {
  Counted,
  counted,
  counters,
  countWhatHappens,
  DEAD_LETTERS,
  frameOf,
  many,
  POISON,
  QUEUE,
} from '../testing/ledger.js';
import { LISTENER, useStage } from '../testing/stage.js';
import { HEADERS } from './failure.js';
import type { Handler } from './handler.js';

const stage = useStage();

const idsOf = async (instance: Instance) => (await instance.effects()).map(({ messageId }) => messageId);
const handled = (instance: Instance, count: number) =>
  until(`${count} are handled`, async () => (await instance.rows('effects')) === count);
const dead = (count: number) =>
  until(`${count} are in the dead letters`, async () => (await stage.raw.ready(DEAD_LETTERS)) === count);
const processed = ({ redis }: Instance, id: string) =>
  `processed:products-service:${redis?.incarnation}:${id}`;
const outcomes = async (outcome: string): Promise<number> => {
  const { values } = await metrics.handled.get();
  return values.find(({ labels }) => labels.type === Counted.type && labels.outcome === outcome)?.value ?? 0;
};

describe('a frame', () => {
  test('of a hundred events with bad ones among them: each good one takes effect in order, each bad one is a dead letter of its own', async () => {
    const good = many(95, (at) => counted({ counter: `c${at % 3}` }));
    const poison = counted({ counter: 'never', mode: 'throw' });
    const unheard = counted({ counter: 'never' }, { type: 'test.unheardOf' });
    const bad = [
      { id: poison.id, body: poison.body.toString(), cause: POISON },
      { id: unheard.id, body: unheard.body.toString(), cause: 'no handler for test.unheardOf' },
      { id: 'x', body: '{"id":"x", "n":1.0,  "n":2}', cause: 'the envelope is not valid' },
      { id: undefined, body: ' "not, an [event]"', cause: 'the envelope is not valid' },
      { id: undefined, body: 'null', cause: 'the envelope is not valid' },
    ];
    const instance = await stage.start({ redis: await stage.readyRedis() });
    await stage.raw.publish([frameOf([...good.slice(0, 50), ...bad, ...good.slice(50)])]);
    await handled(instance, 95);
    await dead(5);
    await instance.stop();

    expect(await idsOf(instance)).toEqual(good.map(({ id }) => id));
    expect(await instance.rows('inbox')).toBe(95);
    expect(await stage.raw.ready(QUEUE)).toBe(0);
    const deadLetters = await stage.raw.drain(DEAD_LETTERS);
    const deadLetterOf = (body: string) => deadLetters.find(({ content }) => content.toString() === body);
    for (const { id, body, cause } of bad) {
      const deadLetter = deadLetterOf(body);
      expect(deadLetter?.properties.headers?.[HEADERS.cause]).toContain(cause);
      expect(deadLetter?.properties.headers).not.toHaveProperty('events');
      expect(deadLetter?.properties).toMatchObject({
        contentType: CONTENT_TYPE,
        messageId: id ?? expect.stringMatching(/^unnamed-[0-9a-f]{32}$/),
      });
    }
    expect(deadLetterOf(poison.body.toString())?.properties.type).toBe(Counted.type);
    // A frame of which a part comes again is not taken for done.
    expect(await stage.redis.keys('processed:*')).toEqual([]);
    expect(await stage.redis.keys('lock:products-service:*')).toEqual([]);
  });

  test('with an event that can not be handled yet does not wait for it: it alone is tried again, and handled in the end', async () => {
    const instance = await stage.start();
    const early = counted({ counter: 'later', mode: 'not-yet' });
    const neighbours = many(9, () => counted({ counter: 'neighbour' }));
    await stage.raw.publish([frameOf([...neighbours.slice(0, 4), early, ...neighbours.slice(4)])]);
    await until('the neighbours are handled', async () => (await instance.count('neighbour')) === 9);
    await until('the frame is acked', async () => (await outcomes('retried')) > 0);
    expect(await instance.rows('effects')).toBe(9);
    await stage.raw.publish([counted({ counter: 'later' })]);
    await handled(instance, 11);
    await instance.stop();
    expect((await idsOf(instance)).filter((id) => id === early.id)).toHaveLength(1);
    const said = instance.log.said('it will be tried again');
    expect(said.map(({ fields }) => fields.messageId)).toEqual(said.map(() => early.id));
    expect(await stage.raw.ready(DEAD_LETTERS)).toBe(0);
  });

  test('whose events nobody wants leaves no trace and is not read; once one is wanted it is done, and once', async () => {
    // The door is a counter: while it is not there, nobody wants what is counted behind it.
    const behindTheDoor: Handler = {
      ...countWhatHappens,
      wanted: {
        needs: () => ({ door: counters.read('door') }),
        by: ({ subject }: Envelope, { door }: { door?: object }) => subject === 'door' || door !== undefined,
      },
    };
    const instance = await stage.start({ redis: await stage.readyRedis(), handlers: [behindTheDoor] });
    const before = { notWanted: await outcomes('not-wanted'), duplicate: await outcomes('duplicate') };
    const notWanted = async (count: number) =>
      until('nobody wants them', async () => (await outcomes('not-wanted')) - before.notWanted === count);
    const readable = counted({ counter: 'a' });
    const broken = counted({ counter: 'a' }, { data: 'nothing that it can read' });
    const frame = frameOf([readable, counted({ counter: 'a' })]);
    await stage.raw.publish([frame, frameOf([broken, broken]), frame]);
    await notWanted(6);
    await until('all are acked', async () => (await stage.redis.keys('lock:*')).length === 0);
    expect(await instance.rows('inbox')).toBe(0);
    expect(await stage.redis.keys('processed:*')).toEqual([]);

    const door = counted({ counter: 'door' });
    await stage.raw.publish([door]);
    await handled(instance, 1);
    await stage.raw.publish([frame]);
    await handled(instance, 3);
    await stage.raw.publish([readable, frameOf([door, readable])]);
    await until('known', async () => (await outcomes('duplicate')) - before.duplicate >= 3);
    await stage.raw.publish([broken]);
    await dead(1);
    await instance.stop();
    expect(await instance.count('a')).toBe(2);
    expect(await instance.rows('inbox')).toBe(3);
    expect(await stage.raw.ready(QUEUE)).toBe(0);
  });

  test.each([{ redis: false }, { redis: true }])(
    'that comes again, or whose events come again in others, takes effect once (Redis: $redis)',
    async ({ redis }) => {
      const messages = many(100, (at) => counted({ counter: `c${at % 5}` }));
      const whole = frameOf(messages);
      const before = await outcomes('duplicate');
      const instance = await stage.start({ redis: redis ? await stage.readyRedis() : undefined });
      await stage.raw.publish([whole, whole]);
      await handled(instance, 100);
      if (redis)
        await until(
          'it is remembered',
          async () => (await stage.redis.exists(processed(instance, whole.id))) === 1,
        );
      await stage.raw.publish([
        whole,
        frameOf(messages.toReversed().slice(0, 60)),
        ...messages.slice(0, 40),
        frameOf([...messages.slice(0, 2), counted({ counter: 'new' })]),
      ]);
      await until('all others are duplicates', async () => (await outcomes('duplicate')) - before === 302);
      await handled(instance, 101);
      await instance.stop();
      expect(await instance.rows('inbox')).toBe(101);
      expect(await stage.raw.ready(QUEUE)).toBe(0);
      // The fast path knows the messages, not their events: the frame, and the one with something new in it.
      if (redis) expect(await stage.redis.keys('processed:*')).toHaveLength(2);
    },
  );

  test('that another process has in hand is put off as it is, and handled when the lock is gone', async () => {
    const instance = await stage.start({ redis: await stage.readyRedis() });
    const whole = frameOf(many(3, () => counted({ counter: 'a' })));
    const lock = `lock:products-service:${whole.id}`;
    await stage.redis.set(lock, 'somebody');
    await stage.raw.publish([whole, counted({ counter: 'b' })]);
    await until('its neighbour is handled', async () => (await instance.count('b')) === 1);
    expect(await instance.count('a')).toBe(0);
    await stage.redis.del(lock);
    await until('it is handled', async () => (await instance.count('a')) === 3);
    await until(
      'it is remembered under its own id',
      async () => (await stage.redis.exists(processed(instance, whole.id))) === 1,
    );
    expect(await stage.raw.ready(DEAD_LETTERS)).toBe(0);
  });

  test('that can not be read is one dead letter, with its bytes; one of 4 MiB of events is handled', async () => {
    const instance = await stage.start();
    const detail = 'x'.repeat(41_000);
    const large = many(100, () => counted({ counter: 'large', detail }));
    const broken = { ...frameOf(large), body: Buffer.from('[{"id":"a"},{"id":]') };
    const tooLarge = frameOf([...large, ...large]);
    await stage.raw.publish([broken, frameOf(large), tooLarge]);
    await handled(instance, 100);
    await dead(2);
    expect(await instance.count('large')).toBe(100);
    const deadLetters = await stage.raw.drain(DEAD_LETTERS);
    for (const sent of [broken, tooLarge])
      expect(
        deadLetters.find(({ properties }) => properties.messageId === sent.id)?.content.equals(sent.body),
      ).toBe(true);
  });

  test('and single messages of an older sender are handled side by side', async () => {
    const messages = many(300, () => counted({ counter: 'one' }));
    const instance = await stage.start();
    await stage.raw.publish([
      ...messages.slice(0, 100),
      frameOf(messages.slice(100, 200)),
      ...messages.slice(200, 250),
      frameOf(messages.slice(250, 251)),
      frameOf(messages.slice(251)),
    ]);
    await handled(instance, 300);
    expect(await idsOf(instance)).toEqual(messages.map(({ id }) => id));
    expect(await instance.count('one')).toBe(300);
  });
});

test.each([
  { failpoint: 'before-commit', passed: 'test.counted:2', redis: true },
  { failpoint: 'after-commit', passed: 'test.counted:2', redis: false },
  { failpoint: 'after-publish', passed: 'test.noted:1', redis: true },
  // Passed once for each event: the process dies inside a frame.
  { failpoint: 'after-confirm', passed: 'test.counted:150', redis: true },
])(
  'kill -9 $failpoint, half way through what was there: each event of each frame takes effect once (Redis: $redis)',
  async ({ failpoint, passed, redis }) => {
    await (await stage.start()).stop(); // its queue is there now
    const messages = many(400, (at) => counted({ counter: `c${at % 5}` }));
    await stage.raw.publish([0, 100, 200, 300].map((from) => frameOf(messages.slice(from, from + 100))));
    const options = { ...(redis && { redisUrl: redisUrl() }), prefetch: 2 };
    const child = stage.startProcess({ ...options, crashAt: `${failpoint}@${passed}` });
    await child.exited();
    expect(child.output).toContain(`killed at the failpoint ${failpoint}`);
    const successor = stage.startProcess(options);
    await successor.ready();
    const observer = await stage.create({ rabbitUrl: 'amqp://127.0.0.1:1' });
    await handled(observer, 400);
    await until('the outbox is empty', async () => (await observer.rows('outbox')) === 0);
    expect(await successor.end('SIGTERM')).toBe(0);
    expect((await idsOf(observer)).toSorted()).toEqual(messages.map(({ id }) => id).toSorted());
    expect(await observer.rows('inbox')).toBe(400);
    expect(await stage.raw.ready(QUEUE)).toBe(0);
    expect(await stage.raw.ready(DEAD_LETTERS)).toBe(0);
  },
);

// PostgreSQL has no such switch; what is in hand does not depend on the database.
(onPostgres ? test.skip : test)(
  'bodies in hand stay within 64 MiB, whatever is sent: what has no room waits in the queue, and all is handled',
  async () => {
    const instance = await stage.start();
    const inHand = async () => (await metrics.bytesInHand.get()).values[0]?.value ?? 0;
    const connection = await instance.database.transaction(async (sql) => sql);
    await connection.run(statement('PRAGMA query_only = ON'));
    const detail = 'x'.repeat(4_000_000);
    await stage.raw.publish(many(20, () => counted({ counter: 'large', detail })));
    await until('the hand is full', async () => (await inHand()) > MAX_BYTES_IN_HAND - 2 * detail.length);
    await until('the rest is in the queue', async () => (await stage.raw.ready(QUEUE)) === 4);
    await stage.raw.publish(many(250, () => counted({ counter: 'small' })));
    expect(await inHand()).toBeLessThanOrEqual(MAX_BYTES_IN_HAND);

    await connection.run(statement('PRAGMA query_only = OFF'));
    let most = 0;
    await until('all are handled', async () => {
      most = Math.max(most, await inHand());
      return (await instance.rows('effects')) === 270;
    });
    expect(most).toBeLessThanOrEqual(MAX_BYTES_IN_HAND);
    const asked = instance.log.said('takes so many messages at once').map(({ fields }) => fields.prefetch);
    expect(asked).toEqual([16, 100]);
    await instance.stop();
    expect(await inHand()).toBe(0);
    expect((await stage.raw.drain(LISTENER)).length).toBeGreaterThan(0);
    expect(await stage.raw.ready(QUEUE)).toBe(0);
    expect(await stage.raw.ready(DEAD_LETTERS)).toBe(0);
  },
);

import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { newId } from '@comanda/contracts';
import { until } from '@comanda/kit';
import { describe, expect, test } from '@jest/globals';
import { jobs } from '../testing/jobs.js';
import { counted, DEAD_LETTERS, frameOf, many, Noted, QUEUE } from '../testing/ledger.js';
import { LISTENER, useStage } from '../testing/stage.js';

/** Nobody listens there. */
const NO_BROKER = 'amqp://127.0.0.1:1';

const stage = useStage();

describe('events that are committed and not published', () => {
  test('stay in the outbox while the broker is down; the restarted service publishes each and removes it', async () => {
    const ids = Array.from({ length: 1_200 }, newId);
    const work = [jobs({ publishes: true, concurrency: 400 })];
    const alone = await stage.create({ rabbitUrl: NO_BROKER, work });
    await alone.leave(ids.map((id) => ({ id })));
    await until('all work is done', async () => (await alone.count('done-a')) === ids.length);
    expect(await alone.rows('outbox')).toBe(ids.length);
    await alone.stop();
    expect(await alone.rows('outbox')).toBe(ids.length);

    const next = await stage.start();
    const published = await stage.published(ids.length);
    await until('the outbox is empty', async () => (await next.rows('outbox')) === 0);
    await next.stop();
    expect(await stage.raw.events(LISTENER)).toEqual([]);
    expect(published.map(({ data }) => data.of).sort()).toEqual([...ids].sort());
  });

  test('that no queue is bound for are kept and logged once, and published once a queue is bound', async () => {
    await stage.raw.delete(LISTENER);
    const instance = await stage.start();
    // Decided together, they are to be published together.
    await stage.raw.publish([frameOf([counted({ counter: 'a' }), counted({ counter: 'a' })])]);
    await until('both are handled', async () => (await instance.count('a')) === 2);
    await until(
      'the service says that it is in trouble',
      () => instance.messaging.unhealthyReason !== undefined,
    );
    expect(instance.messaging.unhealthyReason).toContain('no queue is bound for test.noted');
    // Offered again and again, as the log shows at level debug.
    await until(
      'both were tried again',
      () => instance.log.said('event not published').filter(({ level }) => level === 'debug').length >= 3,
    );
    expect(instance.log.said('event not published').filter(({ level }) => level === 'error')).toHaveLength(1);
    expect(instance.log.said('event not published')[0]).toMatchObject({
      level: 'error',
      fields: {
        type: Noted.type,
        events: 2,
        error: expect.stringContaining('no queue is bound for test.noted'),
      },
    });
    expect(await instance.rows('outbox')).toBe(2);
    expect(await stage.raw.ready(QUEUE)).toBe(0);

    await stage.raw.listen(LISTENER, [Noted.type]);
    await until('the outbox is empty', async () => (await instance.rows('outbox')) === 0);
    expect(await stage.raw.events(LISTENER)).toHaveLength(2);
    await until('nothing is in trouble', () => instance.messaging.unhealthyReason === undefined);
    expect(instance.log.said('the events that the broker refused are published')).toHaveLength(1);
  });

  test('that are published twice take effect once', async () => {
    const instance = await stage.start();
    const { id: messageId, type, body } = counted({ counter: 'a' });
    for (let time = 1; time <= 2; time++) {
      await instance.database.transaction((transaction) =>
        transaction.addToOutbox(
          [{ messageId, type, body: body.toString('utf8') }],
          new Date(0).toISOString(),
        ),
      );
      await until('it is published', async () => (await instance.rows('outbox')) === 0);
    }
    await stage.raw.publish([counted({ counter: 'last' })]);
    await until('what came after is handled', async () => (await instance.count('last')) === 1);
    await instance.stop();
    expect(instance.log.said('publishing events left in the outbox')).toHaveLength(2);
    expect(await instance.count('a')).toBe(1);
    expect(await instance.rows('effects')).toBe(2);
  });

  test('of a steady stream are all removed from the outbox while it goes on', async () => {
    const instance = await stage.start();
    await stage.raw.publish(many(500, (at) => counted({ counter: `c${at % 10}` })));
    const published = await stage.published(500);
    await until('the outbox is empty without a stop', async () => (await instance.rows('outbox')) === 0);
    expect(new Set(published.map(({ id }) => id)).size).toBe(500);
    expect(await stage.raw.events(LISTENER)).toEqual([]);
  });
});

describe('stop()', () => {
  test('stops at once when the broker was never reachable', async () => {
    let tried = 0;
    const hangsUp = createServer((socket) => {
      tried += 1;
      socket.resetAndDestroy();
    }).listen(0, '127.0.0.1');
    await once(hangsUp, 'listening');
    const instance = await stage.create({
      rabbitUrl: `amqp://127.0.0.1:${(hangsUp.address() as AddressInfo).port}`,
    });
    await until('it has tried, and tries again', () => tried > 2);
    await instance.stop();
    hangsUp.close();
    expect(instance.log.said('broker not reached')).toEqual([]);
    expect(instance.log.said('sweep')).toEqual([]);
  });

  test('leaves a message in its queue when it cannot publish it to the dead letters', async () => {
    const instance = await stage.start();
    await stage.raw.delete(DEAD_LETTERS);
    const poison = counted({ counter: 'a', mode: 'throw' });
    await stage.raw.publish([poison]);
    await until('it can not be moved', () => instance.log.said('message not moved yet').length > 0);
    await instance.stop();
    await until('it is back in the queue', async () => (await stage.raw.ready(QUEUE)) === 1);
  });
});

import { until } from '@comanda/kit';
import { describe, expect, test } from '@jest/globals';
import { counted, DEAD_LETTERS, many, POISON, QUEUE, SERVICE } from '../testing/ledger.js';
import { LISTENER, useStage } from '../testing/stage.js';
import { HEADERS } from './failure.js';

const stage = useStage();

const headersOf = (message: { properties: { headers?: Record<string, unknown> | undefined } }) =>
  message.properties.headers ?? {};
const historyOf = (message: { properties: { headers?: Record<string, unknown> | undefined } }) =>
  JSON.parse(String(headersOf(message)[HEADERS.attempts])) as { at: string; error: string }[];

describe('a handler that throws', () => {
  test('neither fills the prefetch nor harms its neighbours: 20 are handled, 20 are dead letters with their cause', async () => {
    const instance = await stage.start({ prefetch: 5 });
    const good = many(20, (at) => counted({ counter: `good-${at}` }));
    const poison = many(20, () => counted({ counter: 'never', mode: 'throw' }));
    await stage.raw.publish(good.flatMap((message, at) => [poison[at] ?? message, message]));

    await until('all dead letters are there', async () => (await stage.raw.ready(DEAD_LETTERS)) === 20);
    await until('all good ones are handled', async () => (await instance.rows('effects')) === 20);
    await instance.stop();

    expect((await instance.effects()).map(({ messageId }) => messageId).sort()).toEqual(
      good.map(({ id }) => id).sort(),
    );
    expect(await instance.count('never')).toBe(0);
    expect(await instance.rows('inbox')).toBe(20);
    expect(await instance.rows('outbox')).toBe(0);
    expect(await stage.raw.ready(QUEUE)).toBe(0);
    expect(await stage.raw.events(LISTENER)).toHaveLength(20);
    const dead = await stage.raw.drain(DEAD_LETTERS);
    expect(dead.map(({ properties }) => properties.messageId).sort()).toEqual(
      poison.map(({ id }) => id).sort(),
    );
    for (const deadLetter of dead) {
      const sent = poison.find(({ id }) => id === deadLetter.properties.messageId);
      expect(deadLetter.content.equals(sent?.body ?? Buffer.alloc(0))).toBe(true);
      expect(deadLetter.properties.type).toBe('test.counted');
      expect(headersOf(deadLetter)).toMatchObject({
        [HEADERS.cause]: `Error: ${POISON}`,
        [HEADERS.service]: SERVICE,
        [HEADERS.handler]: 'count what happens',
        [HEADERS.queue]: QUEUE,
      });
      expect(String(headersOf(deadLetter)[HEADERS.stack])).toContain('ledger.ts');
      expect(historyOf(deadLetter)).toEqual([{ at: expect.any(String), error: `Error: ${POISON}` }]);
    }
  });

  test('at its last effect leaves no row, no event, no work and no inbox row', async () => {
    const instance = await stage.start();
    const late = counted({ counter: 'late', mode: 'throw-late' });
    await stage.raw.publish([counted({ counter: 'late' }), late, counted({ counter: 'late' })]);
    await until(
      'the bad one is in the dead letters',
      async () => (await stage.raw.ready(DEAD_LETTERS)) === 1,
    );
    await until('the good ones are handled', async () => (await instance.rows('effects')) === 2);
    await instance.stop();

    expect((await instance.effects()).map(({ before }) => before)).toEqual([0, 1]);
    expect(await instance.count('late')).toBe(2);
    expect(await instance.rows('inbox')).toBe(2);
    expect(await stage.raw.events(LISTENER)).toHaveLength(2);
  });

  test('because it schedules work without a worker leaves no trace either', async () => {
    const instance = await stage.start();
    const ids = [
      counted({ counter: 'a', mode: 'unknown-work', delayMs: 60_000 }),
      counted({ counter: 'a', mode: 'unknown-work' }),
    ];
    await stage.raw.publish([...ids, counted({ counter: 'b' })]);
    await until('both are in the dead letters', async () => (await stage.raw.ready(DEAD_LETTERS)) === 2);
    await until('the good one is handled', async () => (await instance.count('b')) === 1);
    await instance.stop();

    expect(await instance.count('a')).toBe(0);
    expect(await instance.rows('effects')).toBe(1);
    expect(await instance.rows('work')).toBe(0);
    expect(await stage.raw.events(LISTENER)).toHaveLength(1);
    for (const deadLetter of await stage.raw.drain(DEAD_LETTERS))
      expect(headersOf(deadLetter)[HEADERS.cause]).toContain('nobody does work of the kind test.nobodys');
  });

  test('because it breaks a constraint of the database harms no neighbour in its batch', async () => {
    await stage.raw.publish([]);
    const idle = await stage.start();
    await idle.stop(); // its queue is there now, and nobody takes from it
    await stage.raw.publish([
      ...many(10, (at) => counted({ counter: `n${at}` })),
      counted({ counter: 'bad', mode: 'violate' }),
      ...many(10, (at) => counted({ counter: `n${at}` })),
    ]);
    const instance = await stage.start();
    await until(
      'the bad one is in the dead letters',
      async () => (await stage.raw.ready(DEAD_LETTERS)) === 1,
    );
    await until('the good ones are handled', async () => (await instance.rows('effects')) === 20);
    await instance.stop();

    expect(await instance.count('bad')).toBe(0);
    for (let at = 0; at < 10; at++) expect(await instance.count(`n${at}`)).toBe(2);
    expect(await instance.rows('inbox')).toBe(20);
    expect(await stage.raw.events(LISTENER)).toHaveLength(20);
    const [deadLetter] = await stage.raw.drain(DEAD_LETTERS);
    expect(deadLetter && headersOf(deadLetter)[HEADERS.cause]).toMatch(/check constraint/i);
  });
});

describe('bad messages', () => {
  test('go to the dead letters, each with its cause; the good ones around them are handled', async () => {
    const instance = await stage.start();
    const big = counted({ counter: 'x'.repeat(10 * 1024 * 1024) });
    const manyWrongs = counted(
      { counter: 'a' },
      { data: { counter: 'a', ...Object.fromEntries(many(1, () => big).map(() => ['mode', 'no'])) } },
    );
    const bad: { name: string; message: { id: string; type: string; body: Buffer }; cause: string }[] = [
      {
        name: 'not JSON',
        message: { ...counted({ counter: 'a' }), body: Buffer.from('{"id": ') },
        cause: 'the body is not JSON',
      },
      {
        name: 'empty',
        message: { ...counted({ counter: 'a' }), body: Buffer.alloc(0) },
        cause: 'the body is not JSON',
      },
      {
        name: 'null',
        message: { ...counted({ counter: 'a' }), body: Buffer.from('null') },
        cause: 'the envelope is not valid',
      },
      {
        name: 'bytes',
        message: { ...counted({ counter: 'a' }), body: Buffer.from([0xff, 0xfe, 0, 1]) },
        cause: 'the body is not UTF-8',
      },
      {
        name: 'no tenant',
        message: counted({ counter: 'a' }, { tenantid: 'NOT A TENANT' }),
        cause: 'tenantid',
      },
      {
        name: 'unknown type',
        message: { ...counted({ counter: 'a' }, { type: 'test.unheardOf' }), type: 'test.counted' },
        cause: 'no handler for test.unheardOf',
      },
      {
        name: 'newer',
        message: counted({ counter: 'a' }, { dataschema: 'urn:comanda:schemas/test.counted/v2' }),
        cause: 'v2 is not known here',
      },
      { name: 'misfit', message: manyWrongs, cause: 'mode' },
      { name: 'too big', message: big, cause: 'bytes are more than 4194304' },
    ];
    const good = many(bad.length + 1, (at) => counted({ counter: `good-${at}` }));
    await stage.raw.publish(bad.flatMap(({ message }, at) => [good[at] ?? message, message]));
    await stage.raw.publish(good.slice(-1));

    await until(
      'every bad one is a dead letter',
      async () => (await stage.raw.ready(DEAD_LETTERS)) === bad.length,
    );
    await until('every good one is handled', async () => (await instance.rows('effects')) === good.length);
    await instance.stop();

    const dead = await stage.raw.drain(DEAD_LETTERS);
    for (const { name, message, cause } of bad) {
      const deadLetter = dead.find(({ properties }) => properties.messageId === message.id);
      expect([name, deadLetter && headersOf(deadLetter)[HEADERS.cause]]).toEqual([
        name,
        expect.stringContaining(cause),
      ]);
      expect(deadLetter?.content.equals(message.body)).toBe(true);
    }
    expect(await instance.count('a')).toBe(0);
    expect(await instance.rows('inbox')).toBe(good.length);
    expect(await stage.raw.ready(QUEUE)).toBe(0);
  });

  test('with very many schema errors become dead letters too', async () => {
    const instance = await stage.start();
    // Each wrong tag is named in the cause, which must stay within a header's frame all the same.
    const tags = Array<number>(20_000).fill(1);
    const wordy = counted({ counter: 'a' }, { data: { counter: 'a', tags } });
    await stage.raw.publish([wordy, counted({ counter: 'good' })]);
    await until('they are dead letters', async () => (await stage.raw.ready(DEAD_LETTERS)) === 1);
    await until('the good one is handled', async () => (await instance.count('good')) === 1);
    expect(instance.messaging.unhealthyReason).toBeUndefined();
    expect(instance.log.said('connection to the broker lost')).toEqual([]);
    const [deadLetter] = await stage.raw.drain(DEAD_LETTERS);
    expect(deadLetter && headersOf(deadLetter)[HEADERS.cause]).toContain('tags.0: must be');
    expect(deadLetter?.content.equals(wordy.body)).toBe(true);
  });

  test('without any AMQP property are read by their body', async () => {
    const instance = await stage.start();
    await stage.raw.send(QUEUE, counted({ counter: 'bare' }).body);
    await stage.raw.send(QUEUE, Buffer.from('[]'));
    await until('the good one is handled', async () => (await instance.count('bare')) === 1);
    await until('the bad one is a dead letter', async () => (await stage.raw.ready(DEAD_LETTERS)) === 1);
  });
});

describe('a message that can not be handled yet', () => {
  test('goes through the retry queues and is handled in the end; no other message waits behind it', async () => {
    const instance = await stage.start();
    const early = counted({ counter: 'later', mode: 'not-yet' });
    await stage.raw.publish([early, counted({ counter: 'neighbour' })]);
    await until('the neighbour is handled', async () => (await instance.count('neighbour')) === 1);
    const retried = () => instance.log.said('it will be tried again');
    await until('it has failed twice', () => retried().length === 2);
    expect(await instance.rows('effects')).toBe(1);

    await stage.raw.publish([counted({ counter: 'later' })]);
    await until('it is handled', async () => (await instance.count('later')) === 2);
    await instance.stop();
    expect(
      (await instance.effects()).map(({ messageId }) => messageId).filter((id) => id === early.id),
    ).toEqual([early.id]);
    expect(retried().map(({ fields }) => fields.queue)).toEqual(
      ['products_queue.retry.1s', 'products_queue.retry.1s', 'products_queue.retry.2s'].slice(
        0,
        retried().length,
      ),
    );
    expect(await stage.raw.ready(DEAD_LETTERS)).toBe(0);
  });

  test('is a dead letter with its whole history after the last retry', async () => {
    const instance = await stage.start();
    const hopeless = counted({ counter: 'never', mode: 'not-yet' });
    await stage.raw.publish([hopeless]);
    await until('it is a dead letter', async () => (await stage.raw.ready(DEAD_LETTERS)) === 1);
    await instance.stop();

    const [deadLetter] = await stage.raw.drain(DEAD_LETTERS);
    if (!deadLetter) throw new Error('there is no dead letter');
    const history = historyOf(deadLetter);
    expect(history.map(({ error }) => error)).toEqual(Array(4).fill('NotYet: the counter is not there yet'));
    const waits = history
      .slice(1)
      .map(({ at }, index) => Date.parse(at) - Date.parse(history[index]?.at ?? ''));
    for (const [index, seconds] of [1, 1, 2].entries())
      expect(waits[index]).toBeGreaterThanOrEqual(seconds * 1000 - 50);
    expect(deadLetter.content.equals(hopeless.body)).toBe(true);
    expect(headersOf(deadLetter)[HEADERS.handler]).toBe('count what happens');
    expect(await instance.rows('inbox')).toBe(0);
    expect(await instance.rows('effects')).toBe(0);
  });
});

describe('a consumer that the broker cancelled', () => {
  test('opens a new channel, declares its queue again and goes on handling', async () => {
    const instance = await stage.start();
    await stage.raw.publish([counted({ counter: 'before' })]);
    await until('the first is handled', async () => (await instance.count('before')) === 1);
    await stage.raw.delete(QUEUE);
    await until('the queue has a consumer again', async () => {
      return (await stage.raw.exists(QUEUE)) && (await stage.raw.consumers(QUEUE)) === 1;
    });
    await stage.raw.publish([counted({ counter: 'after' })]);
    await until('the next is handled', async () => (await instance.count('after')) === 1);
    expect(instance.log.said('the broker cancelled the consumer')).toHaveLength(1);
    expect(instance.messaging.unhealthyReason).toBeUndefined();
  });

  test('in the middle of handling loses the queue, but the process lives and goes on', async () => {
    const instance = await stage.start();
    for (let round = 0; round < 3; round++) {
      await stage.raw.publish(many(1_000, () => counted({ counter: 'lost with the queue' })));
      await stage.raw.delete(QUEUE);
      await until('the queue has a consumer again', async () => {
        return (await stage.raw.exists(QUEUE)) && (await stage.raw.consumers(QUEUE)) === 1;
      });
    }
    await stage.raw.publish([counted({ counter: 'after' })]);
    await until('the next is handled', async () => (await instance.count('after')) === 1);
    await instance.stop();
    expect(await instance.rows('outbox')).toBe(0);
    expect(await instance.rows('inbox')).toBe(await instance.rows('effects'));
  });
});

describe('stop()', () => {
  test('with 2,000 messages under way: what it handled is complete, and the next instance handles the rest', async () => {
    const idle = await stage.start();
    await idle.stop();
    const sent = many(2_000, (at) => counted({ counter: `c${at % 7}` }));
    await stage.raw.publish(sent);
    const instance = await stage.start({ prefetch: 100 });
    await until('it is in full swing', async () => (await instance.rows('effects')) > 0);
    await instance.stop();

    const handled = await instance.rows('effects');
    expect(handled).toBeLessThan(2_000);
    expect(await instance.rows('inbox')).toBe(handled);
    expect(await instance.rows('outbox')).toBe(0);
    // A quorum queue applies acks after it has taken them: a few of the handled may be given out again. What counts:
    // nothing that was not handled is gone, and the next instance does exactly the rest.
    const successor = await stage.start();
    await until(
      'the next instance has done the rest',
      async () => (await successor.rows('effects')) === 2_000,
    );
    await until('the queue is empty', async () => (await stage.raw.ready(QUEUE)) === 0);
    await successor.stop();
    expect(new Set((await successor.effects()).map(({ messageId }) => messageId)).size).toBe(2_000);
    expect(await successor.rows('inbox')).toBe(2_000);
    expect(await stage.raw.events(LISTENER)).toHaveLength(2_000);
    expect(await stage.raw.drain(QUEUE)).toEqual([]);
    expect(await stage.raw.ready(DEAD_LETTERS)).toBe(0);
  });
});

import { until } from '@comanda/kit';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { GetMessage } from 'amqplib';
import { retryQueueOf } from '../broker/topology.js';
import { HEADERS } from '../runtime/failure.js';
import { collect, Desk } from '../testing/dead-letter-desk.js';
import { Add, Counted, counted, DEAD_LETTERS, many, POISON, QUEUE } from '../testing/ledger.js';
import { LISTENER, Stage, useStage } from '../testing/stage.js';
import type { DeadLetter } from './letter.js';

/** A queue that is bound to the same events: what another reader of them hears. */
const WITNESS = 'test_witness';

let desk: Desk;
afterEach(async () => {
  await desk.broker.close();
  await stage.raw.delete(WITNESS);
});
const stage = useStage();
beforeEach(async () => {
  desk = await Desk.open();
  await stage.raw.listen(WITNESS, [Counted.type]);
});

const dead = (count: number) => async () => (await stage.raw.ready(DEAD_LETTERS)) === count;
const byAna = { by: 'ana', dryRun: false };
const handled = (messageId: string, times = 1) => ({
  kind: 'replayed',
  letter: { messageId, copies: times },
});
const all = () => desk.letters.list({}, { limit: 100 });
const kinds = (letter: DeadLetter | undefined) =>
  letter?.attempts.map((entry) => ('error' in entry ? entry.error : `put back by ${entry.replayedBy}`));

/** A message that waits for a counter which is not there: dead at once, and mended by another message. */
async function dieTooEarly(instance: Awaited<ReturnType<Stage['start']>>) {
  const early = counted({ counter: 'later', mode: 'not-yet' });
  await stage.raw.publish([early]);
  await until('it is dead', dead(1));
  await stage.raw.publish([counted({ counter: 'later' })]);
  await until('its cause is mended', async () => (await instance.count('later')) === 1);
  await stage.raw.drain(WITNESS);
  return early;
}

describe('a letter that is put back', () => {
  test('takes effect once, also when it is put back twice; no other reader hears of it again', async () => {
    const instance = await stage.start({ retrySeconds: [1], redis: await stage.readyRedis() });
    const early = await dieTooEarly(instance);
    expect(await desk.letters.replay({ messageId: early.id }, byAna)).toMatchObject(handled(early.id));
    await until('it is handled', async () => (await instance.count('later')) === 2);
    expect(await desk.letters.replay({ messageId: early.id }, byAna)).toEqual({ kind: 'none' });
    await instance.stop();

    expect((await instance.effects()).filter(({ messageId }) => messageId === early.id)).toHaveLength(1);
    expect(await stage.raw.ready(DEAD_LETTERS)).toBe(0);
    expect(await stage.raw.ready(QUEUE)).toBe(0);
    expect(await stage.raw.drain(WITNESS)).toEqual([]);
    expect(await stage.raw.drain(LISTENER)).toHaveLength(2);
    expect(desk.log.said('dead letter put back').map(({ fields }) => fields)).toEqual([
      expect.objectContaining({ messageId: early.id, type: Counted.type, queue: QUEUE, by: 'ana' }),
    ]);
  });

  test.each(['with', 'without'])(
    '%s Redis is one effect, when a crash left a copy of it behind',
    async (how) => {
      const redis = how === 'with' ? await stage.readyRedis() : undefined;
      const instance = await stage.start({ retrySeconds: [1], redis });
      const early = await dieTooEarly(instance);
      // Confirmed in its queue, and then we died before the ack: the message is there, and the letter as well.
      await stage.raw.send(QUEUE, early.body, { messageId: early.id, type: early.type });
      expect(await desk.letters.replay({ messageId: early.id }, byAna)).toMatchObject(handled(early.id));
      await until('both are through', async () => {
        const { rows } = { rows: await instance.rows('inbox') };
        return rows === 2 && (await stage.raw.ready(QUEUE)) === 0;
      });
      const waits = retryQueueOf(QUEUE, 1);
      await until(
        'none waits',
        async () => !(await stage.raw.exists(waits)) || (await stage.raw.ready(waits)) === 0,
      );
      await instance.stop();
      expect((await instance.effects()).filter(({ messageId }) => messageId === early.id)).toHaveLength(1);
      expect(await instance.count('later')).toBe(2);
      expect(await stage.raw.ready(DEAD_LETTERS)).toBe(0);
    },
  );

  test('goes back as it came, but for its history', async () => {
    const idle = await stage.start();
    await idle.stop();
    const message = counted({ counter: 'a' });
    const attempts = [{ at: new Date().toISOString(), error: 'Error: broken' }];
    const properties = {
      messageId: message.id,
      type: message.type,
      contentType: 'application/cloudevents+json',
      appId: 'theirs',
      correlationId: 'c1',
      timestamp: 1_790_000_000,
    };
    await stage.raw.send(DEAD_LETTERS, message.body, {
      ...properties,
      CC: [LISTENER],
      headers: {
        'x-theirs': 'kept',
        [HEADERS.attempts]: JSON.stringify(attempts),
        [HEADERS.cause]: 'Error: broken',
        [HEADERS.stack]: 'at somewhere',
        [HEADERS.service]: 'products-service',
        [HEADERS.handler]: 'none',
        [HEADERS.queue]: 'orders_queue',
      },
    });
    await stage.raw.drain(LISTENER); // its copy, by CC
    await all(); // given out once, which the broker notes
    await desk.letters.replay({ messageId: message.id }, byAna);
    const [back, ...others] = await stage.raw.drain(QUEUE);
    expect(others).toEqual([]);
    expect(back?.content.equals(message.body)).toBe(true);
    expect(back?.properties).toMatchObject(properties);
    const { 'x-delivery-count': _, ...headers } = back?.properties.headers ?? {}; // of this delivery
    expect(headers).toEqual({
      'x-theirs': 'kept',
      [HEADERS.attempts]: JSON.stringify([...attempts, { at: replayedAt(back), replayedBy: 'ana' }]),
    });
    expect(await stage.raw.drain(LISTENER)).toEqual([]);
    expect(await stage.raw.drain('orders_queue')).toEqual([]);
  });

  test('and is still broken comes back with its history grown', async () => {
    const instance = await stage.start();
    const poison = counted({ counter: 'a', mode: 'throw' });
    await stage.raw.publish([poison]);
    for (let times = 0; times < 3; times++) {
      await until('it is dead', dead(1));
      expect(kinds((await all())[0])).toEqual([
        `Error: ${POISON}`,
        ...many(times, () => poison).flatMap(() => ['put back by ana', `Error: ${POISON}`]),
      ]);
      await desk.letters.replay({ messageId: poison.id }, byAna);
    }
    await until('it is dead again', dead(1));
    const [letter] = await all();
    expect(letter).toMatchObject({ cause: `Error: ${POISON}`, handler: 'count what happens' });
    const times = letter?.attempts.map(({ at }) => at) ?? [];
    expect(times).toEqual(times.toSorted());
    expect(times).toHaveLength(7);
    expect(await instance.rows('effects')).toBe(0);
    expect(await instance.rows('inbox')).toBe(0);
  });

  test('gets the whole ladder once more, on top of its history', async () => {
    const instance = await stage.start({ retrySeconds: [1, 1] });
    const hopeless = counted({ counter: 'never', mode: 'not-yet' });
    await stage.raw.publish([hopeless]);
    await until('it is dead', dead(1));
    await desk.letters.replay({ messageId: hopeless.id }, byAna);
    const tries = () => instance.log.said('it will be tried again').length;
    await until('it has climbed again', () => tries() === 4);
    await until('it is dead again', dead(1));
    const error = 'NotYet: the counter is not there yet';
    expect(kinds((await all())[0])).toEqual([error, error, error, 'put back by ana', error, error, error]);
  });

  test('although the broker took it away climbs the ladder like any other: it is no circle', async () => {
    const idle = await stage.start();
    await idle.stop();
    const killer = counted({ counter: 'later', mode: 'not-yet' });
    await stage.raw.publish([killer]);
    await stage.raw.wearOut(QUEUE);
    await until('it is dead', dead(1));
    await desk.letters.replay({ messageId: killer.id }, byAna);
    const instance = await stage.start({ retrySeconds: [1, 1, 1] });
    await until('it was put off', () => instance.log.said('it will be tried again').length > 0);
    await stage.raw.publish([counted({ counter: 'later' })]);
    await until('it is handled in the end', async () => (await instance.count('later')) === 2);
    expect(await stage.raw.ready(DEAD_LETTERS)).toBe(0);
  });
});

describe('a dry run', () => {
  test('says what would happen, and changes nothing', async () => {
    const instance = await stage.start();
    const poison = counted({ counter: 'a', mode: 'throw' });
    await stage.raw.publish([poison]);
    await until('it is dead', dead(1));
    const before = await all();
    const dry = { by: 'ana', dryRun: true };
    const id = { messageId: poison.id };
    expect(await desk.letters.replay(id, dry)).toMatchObject({
      kind: 'replayed',
      letter: { messageId: poison.id, queue: QUEUE, handler: 'count what happens' },
      prospect: { fits: false, detail: expect.stringContaining('has no handler for test.counted') },
    });
    expect(await desk.letters.discard(id, dry)).toMatchObject({ kind: 'discarded' });
    expect(await collect(desk.letters.replayAll({}, dry))).toHaveLength(1);
    expect(await collect(desk.letters.discardAll({}, dry))).toHaveLength(1);
    await instance.stop();
    expect(await all()).toEqual(before);
    expect(await stage.raw.ready(QUEUE)).toBe(0);
    expect(instance.log.said('message could not be handled')).toHaveLength(1);
    expect(desk.log.said('dead letter')).toEqual([]);
  });
});

describe('what is not put back', () => {
  const daysAgo = (days: number) => new Date(Date.now() - days * 24 * 3_600_000).toISOString();
  const put = (message: ReturnType<typeof counted>, at: string) =>
    stage.raw.send(DEAD_LETTERS, message.body, {
      messageId: message.id,
      type: message.type,
      headers: {
        [HEADERS.cause]: 'Error: x',
        [HEADERS.attempts]: JSON.stringify([{ at, error: 'Error: x' }]),
      },
    });

  test('is a letter older than the inbox remembers, unless it is forced', async () => {
    const [old, young] = [counted({ counter: 'a' }), counted({ counter: 'a' })];
    await put(old, daysAgo(15));
    await put(young, daysAgo(13));
    const refused = {
      kind: 'refused',
      obstacle: { code: 'TOO_OLD', detail: expect.stringContaining('14 days') },
    };
    expect(await desk.letters.replay({ messageId: old.id }, byAna)).toMatchObject(refused);
    expect(await desk.letters.replay({ messageId: old.id }, { ...byAna, dryRun: true })).toMatchObject(
      refused,
    );
    expect((await collect(desk.letters.replayAll({}, byAna))).map(({ kind }) => kind)).toEqual([
      'refused',
      'replayed',
    ]);
    expect((await all()).map(({ messageId, replayable }) => [messageId, replayable])).toEqual([
      [old.id, false],
    ]);
    expect(await stage.raw.drain(QUEUE)).toHaveLength(1);
    expect(await desk.letters.replay({ messageId: old.id }, { ...byAna, force: true })).toMatchObject(
      handled(old.id),
    );
    expect(await stage.raw.drain(QUEUE)).toHaveLength(1);
  });

  test('is a command that nobody waits for, which the service would drop without a word; force does not help', async () => {
    const command = counted(
      { counter: 'a' },
      { type: Add.type, dataschema: Add.dataschema, expirytime: daysAgo(1) },
    );
    await put(command, daysAgo(1));
    expect(await desk.letters.replay({ messageId: command.id }, { ...byAna, force: true })).toMatchObject({
      kind: 'refused',
      obstacle: { code: 'EXPIRED' },
    });
    expect(await all()).toMatchObject([{ messageId: command.id, replayable: false }]);
    expect(await stage.raw.ready(QUEUE)).toBe(0);
  });
});

describe('all at once', () => {
  test('are put back oldest first; what is still broken comes back once, and is not tried for ever', async () => {
    const instance = await stage.start({ retrySeconds: [1] });
    const broken = many(2, () => counted({ counter: 'a', mode: 'throw' }));
    const early = many(3, () => counted({ counter: 'later', mode: 'not-yet' }));
    await stage.raw.publish([...broken, ...early]);
    await until('all are dead', dead(5));
    await stage.raw.publish([counted({ counter: 'later' })]);
    await until('the cause of three is mended', async () => (await instance.count('later')) === 1);

    const done = await collect(desk.letters.replayAll({ queue: QUEUE, type: Counted.type }, byAna));
    expect(done.map(({ kind }) => kind)).toEqual(Array(5).fill('replayed'));
    expect(done.map(({ letter }) => letter.diedAt)).toEqual(
      done.map(({ letter }) => letter.diedAt).toSorted(),
    );
    await until('three took effect', async () => (await instance.count('later')) === 4);
    await until('two are dead again', dead(2));
    await instance.stop();
    for (const letter of await all())
      expect(kinds(letter)).toEqual([`Error: ${POISON}`, 'put back by ana', `Error: ${POISON}`]);
    expect(await instance.rows('effects')).toBe(4);
  });

  test('are only those that are wanted', async () => {
    for (const tenantid of ['north', 'south', 'south'])
      await stage.raw.send(DEAD_LETTERS, counted({ counter: 'a' }, { tenantid }).body);
    expect(await collect(desk.letters.discardAll({ tenantId: 'south' }, byAna))).toHaveLength(2);
    expect((await all()).map(({ tenantId }) => tenantId)).toEqual(['north']);
  });
});

describe('a letter that is thrown away', () => {
  test('is gone with its copies, and a line in the log says what it was, without its body', async () => {
    const instance = await stage.start();
    const poison = counted({ counter: 'a secret', mode: 'throw' }, { correlationid: 'order-77' });
    const neighbour = counted({ counter: 'a', mode: 'throw' });
    await stage.raw.publish([poison]);
    await until('it is dead', dead(1));
    const [letter] = await stage.raw.drain(DEAD_LETTERS);
    const { messageId, type, headers } = letter?.properties ?? {};
    for (const copy of [poison, poison])
      await stage.raw.send(DEAD_LETTERS, copy.body, { messageId, type, headers });
    await stage.raw.publish([neighbour]);
    await until('its neighbour is dead, too', dead(3));
    await instance.stop();
    expect(await desk.letters.discard({ messageId: poison.id }, byAna)).toMatchObject({ kind: 'discarded' });
    expect(await desk.letters.discard({ messageId: poison.id }, byAna)).toEqual({ kind: 'none' });
    expect((await all()).map(({ messageId }) => messageId)).toEqual([neighbour.id]);
    expect(desk.log.said('dead letter discarded')).toEqual([
      {
        level: 'warn',
        message: 'dead letter discarded',
        fields: expect.objectContaining({
          messageId: poison.id,
          type: Counted.type,
          queue: QUEUE,
          cause: `Error: ${POISON}`,
          correlationId: 'order-77',
          copies: 2,
          by: 'ana',
        }),
      },
    ]);
    expect(JSON.stringify(desk.log.lines)).not.toContain('a secret');
  });
});

function replayedAt(message: GetMessage | undefined): unknown {
  const history: unknown = JSON.parse(String(message?.properties.headers?.[HEADERS.attempts]));
  return Array.isArray(history) ? history.at(-1)?.at : undefined;
}

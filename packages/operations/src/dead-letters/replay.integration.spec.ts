import type { DeadLetter } from '@comanda/contracts';
import { until } from '@comanda/kit';
import { HEADERS } from '@comanda/messaging';
import { selectList, statement } from '@comanda/storage';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Counted, counted, DEAD_LETTERS, type Instance, POISON, QUEUE, SERVICE } from '../testing/service.js';
import { Stage } from '../testing/stage.js';
import { type DeadLetterRow, deadLetters } from './table.js';

/** A queue that is bound to the same events: what another consumer of them gets. */
const WITNESS = 'test_witness';

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.open();
  await stage.raw.listen(WITNESS, [Counted.type]);
});
afterEach(async () => {
  await stage.raw.delete(WITNESS);
  await stage.close();
});

const byAna = { by: 'ana', dryRun: false };
const handled = (messageId: string, copies = 1) => ({ kind: 'replayed', deadLetter: { messageId, copies } });
const dead = (instance: Instance, count: number) =>
  until(`${count} are dead`, async () => (await instance.dead()) === count);
const count = async (instance: Instance, name: string): Promise<number> => {
  const [row] = await instance.database.read(statement(`SELECT count FROM counters WHERE name = '${name}'`));
  return Number(row?.count ?? 0);
};
const kinds = (deadLetter: DeadLetter | undefined) =>
  deadLetter?.attempts.map((entry) => ('error' in entry ? entry.error : `put back by ${entry.replayedBy}`));

/** A message that waits for a counter which is not there: dead at once, and mended by another message. */
async function dieTooEarly(instance: Instance) {
  const early = counted({ counter: 'later', mode: 'not-yet' });
  await stage.raw.publish([early]);
  await dead(instance, 1);
  await stage.raw.publish([counted({ counter: 'later' })]);
  await until('its cause is mended', async () => (await count(instance, 'later')) === 1);
  await stage.raw.drain(WITNESS);
  return early;
}

describe('a dead letter that is replayed', () => {
  test('takes effect once, also when it is replayed twice; no other consumer gets it again', async () => {
    const instance = await stage.start();
    const early = await dieTooEarly(instance);
    expect(await stage.replay(early.id, byAna)).toMatchObject(handled(early.id));
    await until('it is handled', async () => (await count(instance, 'later')) === 2);
    expect(await stage.replay(early.id, byAna)).toEqual({ kind: 'none' });
    await until('the work is done', async () => (await instance.rows('work')) === 0);
    await instance.stop();

    expect((await instance.effects()).filter((id) => id === early.id)).toHaveLength(1);
    expect(await instance.dead()).toBe(0);
    expect(await stage.raw.ready(DEAD_LETTERS)).toBe(0);
    expect(await stage.raw.ready(QUEUE)).toBe(0);
    expect(await stage.raw.drain(WITNESS)).toEqual([]);
    expect(stage.log.said('dead letter put back').map(({ fields }) => fields)).toEqual([
      expect.objectContaining({ messageId: early.id, type: Counted.type, queue: QUEUE, by: 'ana' }),
    ]);
  });

  test('is one effect, when a crash left a copy of it behind', async () => {
    const instance = await stage.start();
    const early = await dieTooEarly(instance);
    // Confirmed in its queue, and then the process died before the commit: it is published again.
    await stage.raw.send(QUEUE, early.body, { messageId: early.id, type: early.type });
    expect(await stage.replay(early.id, byAna)).toMatchObject(handled(early.id));
    await until(
      'both are through',
      async () => (await instance.rows('work')) === 0 && (await stage.raw.ready(QUEUE)) === 0,
    );
    await instance.stop();
    expect((await instance.effects()).filter((id) => id === early.id)).toHaveLength(1);
    expect(await count(instance, 'later')).toBe(2);
    expect(await instance.dead()).toBe(0);
  });

  test('goes back as it came, but for its history', async () => {
    const instance = await stage.start();
    const message = counted({ counter: 'a', mode: 'throw' });
    const attempts = [{ at: new Date().toISOString(), error: 'Error: broken' }];
    const properties = {
      messageId: message.id,
      type: message.type,
      contentType: 'application/cloudevents+json',
      appId: 'theirs',
      correlationId: 'c1',
      timestamp: 1_790_000_000,
    };
    const theirs = { 'x-theirs': 'kept', 'x-table': { list: [1, 'two', true] } };
    await stage.raw.send(DEAD_LETTERS, message.body, {
      ...properties,
      CC: [WITNESS],
      headers: {
        ...theirs,
        'x-bytes': Buffer.from([0, 255, 1]),
        [HEADERS.attempts]: JSON.stringify(attempts),
        [HEADERS.cause]: 'Error: broken',
        [HEADERS.stack]: 'at somewhere',
        [HEADERS.service]: 'orders-service',
        [HEADERS.handler]: 'none',
        [HEADERS.queue]: 'orders_queue',
      },
    });
    await stage.raw.drain(WITNESS); // its copy, by CC
    await dead(instance, 1);
    await stage.replay(message.id, byAna);
    // It fails again in the queue to which it came back, so all that came back is in its dead letter.
    await until(
      'it is dead again',
      async () => (await rowOfDeadLetter(instance)).cause === `Error: ${POISON}`,
    );
    const row = await rowOfDeadLetter(instance);
    const { [HEADERS.attempts]: history, [HEADERS.stack]: _, ...headers } = row.properties.headers ?? {};
    expect(row.bodyBase64).toBe(message.body.toString('base64'));
    expect(row.properties).toMatchObject(properties);
    expect(headers).toEqual({
      ...theirs,
      'x-bytes': { '!': 'bytes', value: 'AP8B' },
      [HEADERS.cause]: `Error: ${POISON}`,
      [HEADERS.service]: SERVICE,
      [HEADERS.handler]: 'count what happens',
      [HEADERS.queue]: QUEUE,
    });
    expect(JSON.parse(String(history))).toEqual([
      ...attempts,
      { at: expect.any(String), replayedBy: 'ana' },
      { at: row.diedAt, error: `Error: ${POISON}` },
    ]);
    expect(await stage.raw.drain(WITNESS)).toEqual([]);
  });

  test('and is still broken comes back with its history grown', async () => {
    const instance = await stage.start();
    const poison = counted({ counter: 'a', mode: 'throw' });
    await stage.raw.publish([poison]);
    for (let times = 0; times < 3; times++) {
      await dead(instance, 1);
      expect(kinds((await stage.list())[0])).toEqual([
        `Error: ${POISON}`,
        ...Array.from({ length: times }, () => ['put back by ana', `Error: ${POISON}`]).flat(),
      ]);
      await stage.replay(poison.id, byAna);
    }
    await dead(instance, 1);
    const [deadLetter] = await stage.list();
    expect(deadLetter).toMatchObject({ cause: `Error: ${POISON}`, handler: 'count what happens', copies: 1 });
    const times = deadLetter?.attempts.map(({ at }) => at) ?? [];
    expect(times).toEqual(times.toSorted());
    expect(times).toHaveLength(7);
    expect(await instance.rows('effects')).toBe(0);
    expect(await instance.rows('dead_letters')).toBe(1);
  });

  test('gets the whole schedule of retries once more, on top of its history', async () => {
    const instance = await stage.start({ retrySeconds: [1, 1] });
    const hopeless = counted({ counter: 'never', mode: 'not-yet' });
    await stage.raw.publish([hopeless]);
    await dead(instance, 1);
    await stage.replay(hopeless.id, byAna);
    const tries = () => instance.log.said('it will be tried again').length;
    await until('it was retried again', () => tries() === 4);
    await dead(instance, 1);
    const error = 'NotYet: the counter is not there yet';
    expect(kinds((await stage.list())[0])).toEqual([
      error,
      error,
      error,
      'put back by ana',
      error,
      error,
      error,
    ]);
  });

  test('that the broker dead-lettered by itself is retried like any other: it is no loop', async () => {
    const idle = await stage.start();
    await idle.stop();
    const killer = counted({ counter: 'later', mode: 'not-yet' });
    await stage.raw.publish([killer]);
    await stage.raw.wearOut(QUEUE);
    const instance = await stage.start({ retrySeconds: [1, 1] });
    await dead(instance, 1);
    await stage.replay(killer.id, byAna);
    await until('it was put off', () => instance.log.said('it will be tried again').length > 0);
    await stage.raw.publish([counted({ counter: 'later' })]);
    await until('it is handled in the end', async () => (await count(instance, 'later')) === 2);
    expect(await instance.dead()).toBe(0);
  });
});

describe('a dry run', () => {
  test('says what would happen, and changes nothing', async () => {
    const instance = await stage.start();
    const poison = counted({ counter: 'a', mode: 'throw' });
    await stage.raw.publish([poison]);
    await dead(instance, 1);
    const before = await stage.list();
    const dry = { by: 'ana', dryRun: true };
    expect(await stage.replay(poison.id, dry)).toMatchObject({
      kind: 'replayed',
      deadLetter: { messageId: poison.id, queue: QUEUE, handler: 'count what happens' },
      preview: { fits: false, detail: expect.stringContaining('has no handler for test.counted') },
    });
    expect(await stage.discard(poison.id, dry)).toMatchObject({ kind: 'discarded' });
    expect(await stage.replayAll(dry)).toHaveLength(1);
    expect(await stage.discardAll(dry)).toHaveLength(1);
    expect(await stage.list()).toEqual(before);
    expect(await instance.rows('work')).toBe(0);
    expect(instance.log.said('message could not be handled')).toHaveLength(1);
    expect(stage.log.said('dead letter')).toEqual([]);
  });
});

describe('what is not put back', () => {
  const daysAgo = (days: number) => new Date(Date.now() - days * 24 * 3_600_000).toISOString();

  test('is a dead letter older than what the inbox remembers, unless it is forced', async () => {
    const instance = await stage.start();
    const old = await stage.put(daysAgo(15));
    await stage.put(daysAgo(13));
    await dead(instance, 2);
    const refused = {
      kind: 'refused',
      blocker: { code: 'TOO_OLD', detail: expect.stringContaining('14 days') },
    };
    expect(await stage.replay(old.id, byAna)).toMatchObject(refused);
    expect(await stage.replay(old.id, { ...byAna, dryRun: true })).toMatchObject(refused);
    expect((await stage.replayAll(byAna)).map(({ kind }) => kind)).toEqual(['refused', 'replayed']);
    expect((await stage.list()).map(({ messageId, replayable }) => [messageId, replayable])).toEqual([
      [old.id, false],
    ]);
    await until('the younger one is handled', async () => (await count(instance, 'a')) === 1);
    expect(await stage.replay(old.id, { ...byAna, force: true })).toMatchObject(handled(old.id));
    await until('the older one, too', async () => (await count(instance, 'a')) === 2);
  });

  test('is a command whose caller no longer waits, which the service would drop silently; force does not help', async () => {
    const instance = await stage.start();
    const command = await stage.put(daysAgo(1), counted({ counter: 'a' }, { expirytime: daysAgo(1) }));
    await dead(instance, 1);
    expect(await stage.replay(command.id, { ...byAna, force: true })).toMatchObject({
      kind: 'refused',
      blocker: { code: 'EXPIRED' },
    });
    expect(await stage.list()).toMatchObject([{ messageId: command.id, replayable: false }]);
    expect(await instance.rows('work')).toBe(0);
  });
});

describe('all at once', () => {
  test('are put back oldest first; what is still broken comes back once, and is not tried for ever', async () => {
    const instance = await stage.start({ retrySeconds: [1] });
    const broken = Array.from({ length: 22 }, () => counted({ counter: 'a', mode: 'throw' }));
    const early = Array.from({ length: 3 }, () => counted({ counter: 'later', mode: 'not-yet' }));
    await stage.raw.publish([...broken, ...early]);
    await dead(instance, 25);
    await stage.raw.publish([counted({ counter: 'later' })]);
    await until('the cause of three is mended', async () => (await count(instance, 'later')) === 1);

    const done = await stage.replayAll(byAna, { type: Counted.type });
    expect(done.map(({ kind }) => kind)).toEqual(Array(25).fill('replayed'));
    expect(done.map(({ deadLetter }) => deadLetter.diedAt)).toEqual(
      done.map(({ deadLetter }) => deadLetter.diedAt).toSorted(),
    );
    await until('three took effect', async () => (await count(instance, 'later')) === 4);
    await dead(instance, 22);
    for (const deadLetter of await stage.list())
      expect(kinds(deadLetter)).toEqual([`Error: ${POISON}`, 'put back by ana', `Error: ${POISON}`]);
    expect(await instance.rows('effects')).toBe(4);
  });

  test('are only those that are wanted', async () => {
    const instance = await stage.start();
    for (const tenantid of ['north', 'south', 'south'])
      await stage.raw.send(DEAD_LETTERS, counted({ counter: 'a' }, { tenantid }).body);
    await dead(instance, 3);
    const context = { tenantId: 'south', correlationId: 'x' };
    const gone: string[] = [];
    for await (const { deadLetter } of stage.deadLetters.actOnAll(
      context,
      { queue: QUEUE },
      { kind: 'discard', ...byAna },
    ))
      gone.push(deadLetter.tenantId);
    expect(gone).toEqual(['south', 'south']);
    expect((await stage.list()).map(({ tenantId }) => tenantId)).toEqual(['north']);
    const [north] = await stage.list();
    const theirs = { queue: QUEUE, messageId: north?.messageId ?? '' };
    expect(await stage.deadLetters.actOn(context, theirs, { kind: 'discard', ...byAna })).toEqual({
      kind: 'none',
    });
    expect(await instance.dead()).toBe(1);
  });
});

describe('a dead letter that is discarded', () => {
  test('is gone with its copies, and a line in the log says what it was, without its body', async () => {
    const instance = await stage.start();
    const poison = counted({ counter: 'a secret', mode: 'throw' }, { correlationid: 'order-77' });
    await stage.raw.publish([poison]);
    await dead(instance, 1);
    const before = await stage.find(poison.id);
    await stage.raw.publish([poison]); // the copy that a crash of its publisher leaves
    await until('it is dead twice', async () => {
      const found = await stage.find(poison.id);
      return 'copies' in found && found.copies === 2;
    });
    expect(await stage.list()).toMatchObject([
      {
        ...before,
        copies: 2,
        attempts: expect.anything(),
        diedAt: expect.anything(),
        // Of the second death: other frames may be on its stack.
        stack: expect.stringContaining(POISON),
      },
    ]);
    expect(await stage.discard(poison.id, byAna)).toMatchObject({ kind: 'discarded' });
    expect(await stage.discard(poison.id, byAna)).toEqual({ kind: 'none' });
    expect(await stage.list()).toEqual([]);
    expect(stage.log.said('dead letter discarded')).toEqual([
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
    const rows = await instance.database.acrossTenants.read(statement('SELECT * FROM dead_letters'));
    expect(JSON.stringify([stage.log.lines, rows])).not.toContain('a secret');
  });
});

async function rowOfDeadLetter(instance: Instance): Promise<DeadLetterRow> {
  const [row] = await instance.database.acrossTenants.read(
    statement(`SELECT ${selectList(deadLetters.columns, 'd')} FROM dead_letters d`),
  );
  return deadLetters.decode(row ?? {});
}

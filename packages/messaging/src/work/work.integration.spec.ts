import { readFileSync } from 'node:fs';
import { newId } from '@comanda/contracts';
import { until } from '@comanda/kit';
import { EVERY_TENANT, statement, type WorkRow } from '@comanda/storage';
import { redisUrl } from '@comanda/test-kit';
import { describe, expect, test } from '@jest/globals';
import { schedule } from '../runtime/effects.js';
import { SYSTEM_TIMERS } from '../runtime/system-timers.js';
import type { Task } from '../runtime/task.js';
import { UnitOfWork } from '../runtime/unit-of-work.js';
import type { Instance } from '../testing/instance.js';
import { jobs } from '../testing/jobs.js';
import { counted, counters, DEAD_LETTERS, SERVICE } from '../testing/ledger.js';
import { LISTENER, useStage } from '../testing/stage.js';
import type { Pace } from './pace.js';

const stage = useStage();

interface Entry {
  readonly what: string;
  readonly id: string;
  readonly attempt: number;
  readonly pid: number;
  readonly at: number;
}

/** What the jobs wrote down, oldest first. */
function diary(): Entry[] {
  return readFileSync(stage.folder.file('jobs.log'), { encoding: 'utf8', flag: 'a+' })
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [what = '', id = '', attempt, pid, at] = line.split(' ');
      return { what, id, attempt: Number(attempt), pid: Number(pid), at: Number(at) };
    });
}

const log = () => stage.folder.file('jobs.log');
const done = (instance: Instance, counter = 'a') => instance.count(`done-${counter}`);

/** A run that waits to be let go on. */
function held() {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { run: () => released, release: () => release() };
}

describe('due work', () => {
  test('that is due at once is started at its commit, once, and its result is committed with its end', async () => {
    const instance = await stage.start({ work: [jobs({ log: log(), publishes: true })] });
    const id = newId();
    await stage.raw.publish([counted({ counter: 'a', mode: 'schedule', detail: id })]);
    await until('it is done', async () => (await done(instance)) === 1);
    await until('its event is there', async () => (await stage.raw.ready(LISTENER)) === 1);
    expect(await instance.rows('work')).toBe(0);
    await instance.stop();
    expect(diary().map(({ what, attempt }) => [what, attempt])).toEqual([
      ['begins', 1],
      ['ends', 1],
    ]);
  });

  test('for later runs at its time and not before', async () => {
    const instance = await stage.start({ work: [jobs({ log: log() })] });
    const published = Date.now();
    await stage.raw.publish([
      counted({ counter: 'a', mode: 'schedule', detail: newId(), delayMs: 1_500 }),
      counted({ counter: 'a', mode: 'schedule', detail: newId(), delayMs: 700 }),
    ]);
    await until('both are done', async () => (await done(instance)) === 2);
    const begins = diary()
      .filter(({ what }) => what === 'begins')
      .map(({ at }) => at - published);
    expect(begins).toHaveLength(2);
    expect(begins[0]).toBeGreaterThanOrEqual(700);
    expect(begins[1]).toBeGreaterThanOrEqual(1_500);
  });

  test('in large numbers is all done, each job once, never more at a time than its bound', async () => {
    let running = 0;
    let most = 0;
    const run = async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running--;
    };
    const instance = await stage.start({ work: [jobs({ log: log(), concurrency: 3, run })] });
    const ids = Array.from({ length: 300 }, newId);
    await stage.raw.publish(
      ids.slice(0, 150).map((detail) => counted({ counter: 'a', mode: 'schedule', detail })),
    );
    await instance.leave(ids.slice(150).map((id) => ({ id })));
    await until('all are done', async () => (await done(instance)) === 300);
    await instance.stop();
    expect(most).toBe(3);
    expect(await instance.rows('work')).toBe(0);
    const begun = diary().filter(({ what }) => what === 'begins');
    expect(begun.map(({ id }) => id).sort()).toEqual([...ids].sort());
    expect(begun.filter(({ attempt }) => attempt !== 1)).toEqual([]);
  });

  test('in a burst of slow jobs counts only real starts: a job that only waited was not started', async () => {
    const instance = await stage.start({
      work: [jobs({ log: log(), concurrency: 2, leaseSeconds: 1, takesMs: 150 })],
    });
    const ids = Array.from({ length: 30 }, newId);
    await stage.raw.publish(ids.map((detail) => counted({ counter: 'a', mode: 'schedule', detail })));
    await until('all are done', async () => (await done(instance)) === 30);
    const begun = diary().filter(({ what }) => what === 'begins');
    expect(begun.map(({ id }) => id).sort()).toEqual([...ids].sort());
    expect(begun.filter(({ attempt }) => attempt !== 1)).toEqual([]);
  });

  test('whose run throws is tried again when its lease ends', async () => {
    let fails = 2;
    const run = async () => {
      if (fails-- > 0) throw new Error('the world is on fire');
    };
    const instance = await stage.start({ work: [jobs({ log: log(), leaseSeconds: 1, run })] });
    await instance.leave([{ id: newId() }]);
    await until('it is done', async () => (await done(instance)) === 1);
    const begun = diary().filter(({ what }) => what === 'begins');
    expect(begun.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    for (const [at, { at: began }] of begun.slice(1).entries())
      expect(began - (begun[at]?.at ?? 0)).toBeGreaterThanOrEqual(950);
    expect(instance.log.said('work failed')).toHaveLength(2);
    expect(await instance.rows('work')).toBe(0);
  });

  test('that lost its lease has its result refused', async () => {
    const { run, release } = held();
    const instance = await stage.start({ work: [jobs({ log: log(), run, publishes: true })] });
    await instance.leave([{ id: newId() }]);
    await until('it runs', () => diary().length === 1);
    await instance.database.transaction(
      (sql) => sql.run(statement(`UPDATE work SET fence = fence + 1, due_at = '2999-01-01T00:00:00.000Z'`)),
      EVERY_TENANT,
    );
    release();
    await until(
      'its result is refused',
      () => instance.log.said('another worker has the lease').length === 1,
    );
    await instance.stop();
    expect(await done(instance)).toBe(0);
    expect(await instance.rows('effects')).toBe(0);
    expect(await instance.rows('outbox')).toBe(0);
    expect(await instance.rows('work')).toBe(1);
    expect(await stage.raw.ready(LISTENER)).toBe(0);
  });

  test('that is called off does not run, and when it runs already does not count', async () => {
    const { run, release } = held();
    const instance = await stage.start({ work: [jobs({ log: log(), run })] });
    const [later, now] = [newId(), newId()];
    await stage.raw.publish([
      counted({ counter: 'a', mode: 'schedule', detail: later, delayMs: 600 }),
      counted({ counter: 'a', mode: 'schedule', detail: now }),
    ]);
    await until('one runs', () => diary().length === 1);
    await stage.raw.publish([
      counted({ counter: 'x', mode: 'cancel', detail: later }),
      counted({ counter: 'x', mode: 'cancel', detail: now }),
    ]);
    await until('both are called off', async () => (await instance.rows('work')) === 0);
    release();
    await until(
      'its result is refused',
      () => instance.log.said('another worker has the lease').length === 1,
    );
    // A third one, due after the one that was called off, shows that its time has passed.
    await stage.raw.publish([counted({ counter: 'b', mode: 'schedule', detail: newId(), delayMs: 700 })]);
    await until('a later one is done', async () => (await done(instance, 'b')) === 1);
    expect(await done(instance)).toBe(0);
    expect(diary().filter(({ id }) => id === later)).toEqual([]);
  });

  test('whose process died is taken over after its lease, and not before', async () => {
    const instance = await stage.create({ rabbitUrl: 'amqp://127.0.0.1:1' });
    const id = newId();
    await instance.leave([{ id }]);
    const dying = stage.startProcess({
      job: { log: log(), takesMs: 60_000, leaseSeconds: 2 },
    });
    await until('it runs', () => diary().length === 1);
    await dying.end('SIGKILL');

    const heir = await stage.start({ work: [jobs({ log: log(), leaseSeconds: 2 })] });
    await until('it is done', async () => (await done(heir)) === 1);
    const [first, second] = diary();
    expect([first?.attempt, second?.attempt]).toEqual([1, 2]);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1_900);
    expect(diary().map(({ what }) => what)).toEqual(['begins', 'begins', 'ends']);
  });

  test('of two processes on one database: each job runs in one of them, once', async () => {
    const observer = await stage.create({ rabbitUrl: 'amqp://127.0.0.1:1' });
    const ids = Array.from({ length: 200 }, newId);
    const options = {
      redisUrl: redisUrl(),
      // One alone would need several seconds: the other one, which looks every second, finds some, too.
      job: { log: log(), takesMs: 80, leaseSeconds: 30 },
    };
    const children = [1, 2].map(() => stage.startProcess(options));
    await Promise.all(children.map((child) => child.ready()));
    await observer.leave(ids.map((id) => ({ id })));
    await until('all are done', async () => (await done(observer)) === 200, { timeoutMs: 40_000 });
    expect(await Promise.all(children.map((child) => child.end('SIGTERM')))).toEqual([0, 0]);
    const begun = diary().filter(({ what }) => what === 'begins');
    expect(begun.map(({ id }) => id).sort()).toEqual([...ids].sort());
    expect(new Set(begun.map(({ pid }) => pid)).size).toBe(2);
    expect(await observer.rows('work')).toBe(0);
  }, 90_000);

  test('that is still running when the service stops is finished first', async () => {
    const { run, release } = held();
    const instance = await stage.start({
      work: [jobs({ log: log(), run, publishes: true, concurrency: 1 })],
    });
    await instance.leave([{ id: newId() }, { id: newId() }]);
    await until('one runs', () => diary().length === 1);
    const stopped = instance.stop();
    release();
    await stopped;
    expect(await done(instance)).toBe(1);
    expect(diary().map(({ what }) => what)).toEqual(['begins', 'ends']);
    expect(await stage.raw.events(LISTENER)).toHaveLength(1);
    // The other one is due for the next process at once: not leased to one that is gone, and never started.
    const [left] = await instance.database.acrossTenants.read(statement('SELECT attempt, due_at FROM work'));
    expect(left?.attempt).toBe(0);
    expect(String(left?.due_at) <= new Date().toISOString()).toBe(true);
    expect(await instance.rows('work')).toBe(1);
    expect(await stage.raw.ready(DEAD_LETTERS)).toBe(0);
  });
});

describe('work of different keys', () => {
  const left = async (instance: Instance, key: string) =>
    instance.database.acrossTenants.read(
      statement('SELECT attempt, fence, due_at AS "dueAt" FROM work WHERE key = $1 ORDER BY id'),
      key,
    );
  const many = (key: string, count: number) =>
    Array.from({ length: count }, () => ({ id: newId(), key, counter: key, dueAt: new Date(1_000) }));

  test('that may not go lies there untouched, and the others go past it', async () => {
    let pausedUntil: number | undefined = Date.now() + 3_600_000;
    const pace = {
      places: () => 2,
      pausedUntil: (key: string) => (key === 'dead' ? pausedUntil : undefined),
    };
    const started: string[] = [];
    const run = async ({ key }: { key: string }) => void started.push(key);
    const instance = await stage.start({
      work: [jobs({ log: log(), concurrency: 8, pace, run })],
    });
    await instance.leave(many('dead', 300));
    const untouched = await left(instance, 'dead');
    await instance.leave([...many('one', 40), ...many('two', 40)]);
    for (const key of ['one', 'two'])
      await until(`all of ${key} are done`, async () => (await done(instance, key)) === 40);
    expect(started.filter((key) => key === 'dead')).toEqual([]);
    expect(await left(instance, 'dead')).toEqual(untouched);
    pausedUntil = undefined;
    await until('the dead one is served', async () => (await done(instance, 'dead')) === 300);
    await instance.stop();
    expect(await instance.rows('work')).toBe(0);
    expect(diary().filter(({ what, attempt }) => what === 'begins' && attempt !== 1)).toEqual([]);
  });

  test('shares the places: one that hangs holds no more than its own, and leaves some for a key that comes new', async () => {
    const { run: hang, release } = held();
    let hanging = 0;
    const run = async ({ key }: { key: string }) => {
      if (!key.startsWith('hanging')) return;
      hanging++;
      await hang();
    };
    const pace = { places: () => 100, pausedUntil: () => undefined };
    const instance = await stage.start({
      work: [jobs({ concurrency: 16, leaseSeconds: 60, pace, run })],
    });
    await instance.leave(['hanging a', 'hanging b', 'hanging c'].flatMap((key) => many(key, 50)));
    await until('each hangs', () => hanging === 3);
    await instance.leave(many('new', 60));
    await until('the new one is served', async () => (await done(instance, 'new')) === 60);
    // Of what is free each gets an eighth, and one at least, however many wait.
    expect(hanging).toBe(3);
    release();
    await until('all are served', async () => (await instance.rows('work')) === 0);
    expect(hanging).toBe(150);
  });
});

describe('due work of one key that is done as one', () => {
  /** At most five together, once the test lets them go. */
  function paced() {
    let pausedUntil: number | undefined = Date.now() + 3_600_000;
    const pace: Pace = { places: () => 1, pausedUntil: () => pausedUntil, together: () => 5 };
    return {
      pace,
      letGo: () => {
        pausedUntil = undefined;
      },
    };
  }
  const twelve = () => Array.from({ length: 12 }, () => ({ id: newId(), key: 'chat' }));

  test('takes as many as the pace says, each one once, and each is decided by itself', async () => {
    const { pace, letGo } = paced();
    const groups: string[][] = [];
    const alone: string[] = [];
    const instance = await stage.start({
      work: [
        jobs({
          pace,
          run: async ({ id }) => void alone.push(id),
          together: async (all) => void groups.push(all.map(({ id }) => id)),
        }),
      ],
    });
    const wanted = twelve();
    await instance.leave(wanted.map((job) => ({ ...job, counter: 'chat' })));
    letGo();
    await until('all are done', async () => (await done(instance, 'chat')) === 12);
    const ids = [...groups.flat(), ...alone];
    expect(ids).toHaveLength(12);
    expect(new Set(ids)).toEqual(new Set(wanted.map(({ id }) => id)));
    expect(Math.max(...groups.map(({ length }) => length))).toBe(5);
    expect(await instance.rows('work')).toBe(0);
    await instance.stop();
  });

  test('is tried again by itself when it has failed together, so that no job keeps the others from being done', async () => {
    const { pace, letGo } = paced();
    let tries = 0;
    const alone = new Set<string>();
    const instance = await stage.start({
      work: [
        jobs({
          pace,
          leaseSeconds: 5,
          run: async ({ id }) => void alone.add(id),
          together: async () => {
            tries++;
            throw new Error('one of them is broken');
          },
        }),
      ],
    });
    await instance.leave(
      twelve()
        .slice(0, 5)
        .map((job) => ({ ...job, counter: 'chat' })),
    );
    letGo();
    await until('all are done', async () => (await done(instance, 'chat')) === 5, { timeoutMs: 30_000 });
    expect(tries).toBe(1);
    expect(alone.size).toBe(5);
    await instance.stop();
  });

  test('does not count for a job whose lease was lost meanwhile; the others are done', async () => {
    const { pace, letGo } = paced();
    const { run: hang, release } = held();
    let taken: readonly string[] = [];
    const instance = await stage.start({
      work: [
        jobs({
          pace,
          leaseSeconds: 60,
          together: async (all) => {
            taken = all.map(({ id }) => id);
            await hang();
          },
        }),
      ],
    });
    await instance.leave(
      twelve()
        .slice(0, 5)
        .map((job) => ({ ...job, counter: 'chat' })),
    );
    letGo();
    await until('they run', () => taken.length === 5);
    const [lost = ''] = taken;
    // Somebody else has it from now on.
    await instance.leave([{ id: lost, key: 'elsewhere', counter: 'chat', dueAt: new Date('2999-01-01') }]);
    release();
    await until('the others are done', async () => (await done(instance, 'chat')) === 4);
    expect(await instance.rows('work')).toBe(1);
    await instance.stop();
  });
});

describe('in one batch', () => {
  const cause = { id: newId(), tenantid: 'default', correlationid: 'test' };
  const task = (rest: Pick<Task, 'claim' | 'decide'>): Task => ({
    name: 'test',
    type: 'test',
    cause: { ...cause, id: newId() },
    needs: () => ({}),
    thenNeeds: () => ({}),
    ...rest,
  });

  test('a message that schedules work anew wins over the result of the old run behind it', async () => {
    const instance = await stage.create({ rabbitUrl: 'amqp://127.0.0.1:1' });
    const id = newId();
    await instance.leave([{ id, dueAt: new Date('2999-01-01') }]);
    const unitOfWork = new UnitOfWork({
      service: SERVICE,
      store: instance.database,
      timers: SYSTEM_TIMERS,
      leaseSeconds: () => undefined,
    });
    const job: WorkRow = {
      kind: 'test.job',
      id,
      tenantId: 'default',
      key: '',
      dueAt: '',
      attempt: 1,
      fence: 1,
      payload: {},
      cause,
    };
    const committed = await unitOfWork.run(
      [
        task({
          claim: { kind: 'inbox' },
          decide: () => [
            schedule({
              work: 'test.job',
              id,
              dueAt: '2999-06-01T00:00:00.000Z',
              payload: { counter: 'new' },
            }),
          ],
        }),
        task({
          claim: { kind: 'lease', job },
          decide: () => [counters.put({ name: 'old result', count: 1, link: null })],
        }),
      ],
      [],
    );
    expect(committed.decisions.map(({ kind }) => kind)).toEqual(['done', 'not-ours']);
    expect(await instance.rows('work')).toBe(1);
    expect(await instance.count('old result')).toBe(0);
  });
});

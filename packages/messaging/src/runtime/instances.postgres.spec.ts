import { newId } from '@comanda/contracts';
import { type Database, EVERY_TENANT, isOutage, statement, type Transaction } from '@comanda/storage';
import { Folder, openTestDatabase } from '@comanda/test-kit';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { incoming } from '../broker/wire.js';
import { counted, counters, countWhatHappens, createLedgerTables, many, SERVICE } from '../testing/ledger.js';
import { taskOf } from './consumer.js';
import { RowSet } from './row-set.js';
import type { Task } from './task.js';
import { UnitOfWork } from './unit-of-work.js';

const NOW = '2026-01-01T00:00:00.000Z';

let folder: Folder;
let one: Database;
let other: Database;
beforeEach(async () => {
  folder = new Folder();
  // Each with connections of its own, as two processes have them.
  const open = () => openTestDatabase(folder.file('service.db'), [createLedgerTables]);
  [one, other] = await Promise.all([open(), open()]);
});
afterEach(async () => {
  await Promise.all([one.close(), other.close()]);
  folder.remove();
});

/** A gate that one side opens and the other waits at. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open: () => open(), opened };
}

const countOf = async (name: string): Promise<unknown> =>
  (await one.read(statement('SELECT count FROM counters WHERE name = $1'), name))[0]?.count;

/** Adds one to these counters as a batch does, one after another; `between` runs when the first ones are loaded. */
async function add(
  transaction: Transaction,
  names: readonly string[],
  between: (at: number) => Promise<void> = async () => {},
): Promise<void> {
  const rows = new RowSet();
  for (const [at, name] of names.entries()) {
    const need = { counter: counters.lock(name) };
    await rows.load(transaction, [need]);
    await between(at);
    const { counter } = rows.answer(need) as { counter?: { count: number } };
    rows.apply([counters.put({ name, count: (counter?.count ?? 0) + 1, link: null })]);
  }
  await rows.save(transaction);
}

describe('two instances on one PostgreSQL', () => {
  test('with the same messages, in crossing order, do each once and lose no update', async () => {
    // Every counter is new to both at first, and then in the hands of both all the time.
    const tasks = many(3_000, (at) => counted({ counter: `counter-${at % 41}` })).map(({ body }) =>
      taskOf(countWhatHappens, incoming(body)),
    );
    const work = async (database: Database, mine: readonly Task[], size: number) => {
      const unit = new UnitOfWork({
        service: SERVICE,
        store: database,
        timers: { now: () => new Date(NOW) },
        leaseSeconds: () => undefined,
      });
      const kinds: string[] = [];
      for (let at = 0; at < mine.length; at += size)
        kinds.push(...(await unit.run(mine.slice(at, at + size), [])).decisions.map(({ kind }) => kind));
      return kinds;
    };
    // Batches of one overlap with several of the other; the second takes each stretch backwards. It begins further on, so
    // that both find something to do, whichever is quicker.
    const backwards = tasks.map((_, at) => tasks[Math.floor(at / 100) * 100 + (99 - (at % 100))] as Task);
    const crossing = [...backwards.slice(500), ...backwards.slice(0, 500)];
    const [first, second] = await Promise.all([work(one, tasks, 40), work(other, crossing, 70)]);

    const done = (kinds: readonly string[]) => kinds.filter((kind) => kind === 'done').length;
    expect(done(first) + done(second)).toBe(3_000);
    expect(first.filter((kind) => kind === 'not-ours').length + done(first)).toBe(3_000);
    expect(second.filter((kind) => kind === 'not-ours').length + done(second)).toBe(3_000);
    expect(Math.min(done(first), done(second))).toBeGreaterThan(0);

    const effects = await one.read(
      statement('SELECT message_id, counter, before FROM effects ORDER BY counter, before'),
    );
    expect(effects.map((row) => row.message_id).sort()).toEqual(tasks.map(({ cause }) => cause.id).sort());
    // No update was lost: the n-th message of a counter found n - 1.
    const seen = new Map<unknown, number>();
    for (const { counter, before } of effects) {
      expect(before).toBe(seen.get(counter) ?? 0);
      seen.set(counter, Number(before) + 1);
    }
    expect(await one.read(statement('SELECT name, count FROM counters ORDER BY name'))).toEqual(
      [...seen].map(([name, count]) => ({ name, count })),
    );
    for (const table of ['inbox', 'outbox'])
      expect(await one.read(statement(`SELECT count(*) AS n FROM ${table}`))).toEqual([{ n: 3_000 }]);
  });

  test('that both find a row missing write it one after the other: the second decides again', async () => {
    const loaded = gate();
    const written = gate();
    let tries = 0;
    const slow = one.transaction(async (sql) => {
      tries++;
      await add(sql, ['x'], async () => {
        loaded.open();
        await written.opened;
      });
    });
    await loaded.opened;
    await other.transaction((sql) => add(sql, ['x']));
    written.open();
    await slow;
    expect(tries).toBe(2);
    expect(await countOf('x')).toBe(2);
  });

  test('that want the same row wait for each other, and need only one try', async () => {
    await one.transaction((sql) => add(sql, ['x']));
    const loaded = gate();
    const asked = gate();
    let tries = 0;
    const slow = one.transaction((sql) =>
      add(sql, ['x'], async () => {
        loaded.open();
        await asked.opened;
      }),
    );
    await loaded.opened;
    const next = other.transaction(async (sql) => {
      tries++;
      // A read without a lock does not wait.
      const rows = new RowSet();
      const need = { counter: counters.read('x') };
      await rows.load(sql, [need]);
      expect(rows.answer(need)).toEqual({ counter: { name: 'x', count: 1, link: null } });
      asked.open();
      await add(sql, ['x']);
    });
    await Promise.all([slow, next]);
    expect(tries).toBe(1);
    expect(await countOf('x')).toBe(3);
  });

  test('that deadlock: one of them is run again', async () => {
    await one.transaction((sql) => add(sql, ['x', 'y']));
    const [hasX, hasY] = [gate(), gate()];
    let tries = 0;
    const crossed = (database: Database, names: readonly string[], mine: typeof hasX, theirs: typeof hasX) =>
      database.transaction((sql) => {
        tries++;
        return add(sql, names, async (at) => {
          if (at > 0) return;
          mine.open();
          await theirs.opened;
        });
      });
    await Promise.all([crossed(one, ['x', 'y'], hasX, hasY), crossed(other, ['y', 'x'], hasY, hasX)]);
    // Once more, or oftener when it meets the other one again.
    expect(tries).toBeGreaterThanOrEqual(3);
    expect([await countOf('x'), await countOf('y')]).toEqual([3, 3]);
  });

  test('a row that conflicts each time fails after ten tries, for good: it is no outage', async () => {
    await one.transaction((sql) => add(sql, ['x']));
    let tries = 0;
    const failure = await one
      .transaction((sql) => {
        tries++;
        return sql.run(statement(`INSERT INTO counters (name, count) VALUES ('x', 1)`));
      })
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: '23505' });
    expect(isOutage(failure)).toBe(false);
    expect(tries).toBe(10);
    expect(await countOf('x')).toBe(1);
  });

  test('take different pieces of due work, without waiting for each other', async () => {
    const job = (at: number) => ({
      kind: 'test.job',
      id: `job-${at}`,
      tenantId: at % 2 === 0 ? 'default' : 'bistro',
      key: '',
      dueAt: `2025-01-01T00:00:0${at}.000Z`,
      attempt: 0,
      fence: 1,
      payload: {},
      cause: { id: newId(), tenantid: 'default', correlationid: 'test' },
    });
    await one.transaction((transaction) => transaction.putWork([1, 2, 3, 4, 5, 6].map(job)), EVERY_TENANT);
    const claim = (transaction: Transaction, limit: number) =>
      transaction.claimWork({
        kind: 'test.job',
        now: NOW,
        until: '2026-01-01T00:01:00.000Z',
        limit,
        fence: 7,
        key: '',
      });
    const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id).sort();
    const took = await one.transaction(async (sql) => {
      const first = ids(await claim(sql, 2));
      // All of this while the first claim is not committed.
      const second = ids(await other.transaction((theirs) => claim(theirs, 2), EVERY_TENANT));
      const third = ids(await other.transaction((theirs) => claim(theirs, 9), EVERY_TENANT));
      const fourth = ids(await other.transaction((theirs) => claim(theirs, 9), EVERY_TENANT));
      return [first, second, third, fourth];
    }, EVERY_TENANT);
    expect(took).toEqual([['job-1', 'job-2'], ['job-3', 'job-4'], ['job-5', 'job-6'], []]);
  });

  test('a result that is being written keeps its work from being claimed, although its lease runs out', async () => {
    const lease = { kind: 'test.job', id: 'job', fence: 3 };
    const row = {
      ...lease,
      tenantId: 'default',
      key: '',
      dueAt: '2025-01-01T00:00:00.000Z',
      attempt: 1,
      payload: {},
      cause: { id: newId(), tenantid: 'default', correlationid: 'test' },
    };
    await one.transaction((transaction) => transaction.putWork([row]), EVERY_TENANT);
    await one.transaction(
      async (sql) => {
        expect(await sql.heldLeases([lease])).toEqual([lease]);
        const wanted = { kind: 'test.job', now: NOW, until: NOW, limit: 9, fence: 7, key: '' };
        expect(await other.transaction((theirs) => theirs.claimWork(wanted), EVERY_TENANT)).toEqual([]);
        await sql.removeWork([lease]);
      },
      ['default'],
    );
    expect(await one.acrossTenants.read(statement('SELECT id FROM work'))).toEqual([]);
  });
});

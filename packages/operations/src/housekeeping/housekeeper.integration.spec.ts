import { until } from '@comanda/kit';
import { EVERY_TENANT, type Retention, statement } from '@comanda/storage';
import { Child, onPostgres, RecordingLogger } from '@comanda/test-kit';
import { useDatabase } from '@comanda/test-kit/hooks';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { register } from 'prom-client';
import { Housekeeper } from './housekeeper.js';
import { inboxRetention } from './inbox-retention.js';

const NOW = new Date('2026-06-30T12:00:00.000Z');
const DAY_MS = 24 * 3_600_000;
const daysAgo = (days: number): string => new Date(NOW.getTime() - days * DAY_MS).toISOString();

const database = useDatabase();
let log: RecordingLogger;
beforeEach(() => {
  log = new RecordingLogger();
});

const handled = (ids: readonly string[], at: string): Promise<unknown> =>
  database.transaction((transaction) => transaction.claimInbox(ids, at));
const named = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, at) => `${prefix}-${at}`);
const left = async (): Promise<string[]> =>
  (await database.read(statement('SELECT message_id FROM inbox ORDER BY message_id'))).map((row) =>
    String(row.message_id),
  );

const rows = async (table: 'outbox' | 'work'): Promise<number> => {
  const [row] = await database.acrossTenants.read(statement(`SELECT count(*) AS n FROM ${table}`));
  return Number(row?.n);
};

const keeper = (retentions: readonly Retention[]): Housekeeper =>
  new Housekeeper({ database, retentions, everySeconds: 3600, clock: () => NOW, logger: log });

/** The inbox's retention, which reports to a test when each batch begins and how much it took. */
const watched = (batches: number[], begins: () => void | Promise<void> = () => {}): Retention => {
  const retention = inboxRetention(30);
  return {
    ...retention,
    async remove(sql, old) {
      await begins();
      const count = await retention.remove(sql, old);
      batches.push(count);
      return count;
    },
  };
};

const removedFromInbox = async (): Promise<number> => {
  const metric = await register.getSingleMetric('comanda_housekeeping_deleted_total')?.get();
  return metric?.values.find(({ labels }) => labels.what === 'inbox')?.value ?? 0;
};

describe('the housekeeping', () => {
  test('removes what is older than its days, keeps what is not, and counts it', async () => {
    await handled(named('old', 3), daysAgo(30.01));
    await handled(named('young', 4), daysAgo(29.99));
    await handled(['at-the-edge'], daysAgo(30));
    const before = await removedFromInbox();
    await keeper([inboxRetention(30)]).clean();
    expect(await left()).toEqual(['at-the-edge', ...named('young', 4)]);
    expect((await removedFromInbox()) - before).toBe(3);
    expect(log.lines).toEqual([
      { level: 'info', message: 'old rows removed', fields: { what: 'inbox', removed: 3, keptDays: 30 } },
    ]);
    await keeper([inboxRetention(30)]).clean();
    expect(log.lines).toHaveLength(1);
  });

  test('takes small batches, and a waiting writer goes before the next one', async () => {
    await handled(named('old', 1_700), daysAgo(31));
    const order: string[] = [];
    const batches: number[] = [];
    const writes: Promise<unknown>[] = [];
    const retention = watched(batches, () => {
      order.push('batch');
      // Arrives while the batch has the database, as two orders would.
      for (const name of ['a', 'b'])
        writes.push(
          handled([`order-${name}-${batches.length}`], daysAgo(0)).then(() => order.push(`order ${name}`)),
        );
    });
    await keeper([retention]).clean();
    await Promise.all(writes);
    expect(batches).toEqual([500, 500, 500, 200]);
    expect(order).toEqual(Array.from({ length: 4 }, () => ['batch', 'order a', 'order b']).flat());
    expect(await left()).toHaveLength(8);
  });

  test('of two instances at once removes each row once and no other', async () => {
    await handled(named('old', 20_000), new Date(Date.now() - 31 * DAY_MS).toISOString());
    await handled(named('young', 100), new Date().toISOString());
    const other = new Child(new URL('../testing/housekeeper-process.ts', import.meta.url), {
      file: database.file,
      keptDays: 30,
    });
    await other.ready();
    const mine: number[] = [];
    const now = new Date();
    const housekeeper = new Housekeeper({
      database,
      retentions: [watched(mine)],
      everySeconds: 3600,
      clock: () => now,
      logger: log,
    });
    await housekeeper.clean();
    await until('all that is old is gone', async () => (await left()).length === 100);
    await other.end('SIGTERM');
    const theirs = [...other.output.matchAll(/"removed":(\d+)/g)].map(([, count]) => Number(count));
    const sum = (counts: number[]) => counts.reduce((total, count) => total + count, 0);
    expect(sum(mine) + sum(theirs)).toBe(20_000);
    expect(await left()).toEqual(named('young', 100).sort());
    expect(log.said('could not')).toEqual([]);
    expect(other.output).not.toContain('could not');
  });

  test('stops after the batch that is under way, and that batch is committed', async () => {
    await handled(named('old', 2_000), daysAgo(31));
    const batches: number[] = [];
    let stopped: Promise<void> | undefined;
    const housekeeper = keeper([
      watched(batches, () => {
        stopped = housekeeper.stop();
      }),
    ]);
    await housekeeper.clean();
    await stopped;
    expect(batches).toEqual([500]);
    expect(await left()).toHaveLength(1_500);
  });

  test('that fails in one kind of row says so once and goes on with the next', async () => {
    await handled(named('old', 2), daysAgo(31));
    const broken: Retention = {
      what: 'broken',
      keptDays: 1,
      remove: async (sql) => {
        await sql.run(statement('DELETE FROM inbox'));
        await sql.run(statement('DELETE FROM nothing'));
        return 0;
      },
    };
    await handled(['young'], daysAgo(2));
    await keeper([broken, inboxRetention(30)]).clean();
    expect(await left()).toEqual(['young']);
    expect(log.said('could not be removed').map(({ level, fields }) => [level, fields.what])).toEqual([
      ['warn', 'broken'],
    ]);
  });

  (onPostgres ? test.skip : test)('finds what is old by an index', async () => {
    const plan = await database.read(
      statement(
        'EXPLAIN QUERY PLAN SELECT message_id FROM inbox WHERE handled_at < $1 ORDER BY handled_at LIMIT 5',
      ),
      NOW.toISOString(),
    );
    expect(plan.map((row) => String(row.detail))).toEqual([
      expect.stringContaining('SEARCH inbox USING COVERING INDEX inbox_by_age'),
    ]);
  });
});

describe('once started', () => {
  test('it cleans now and then, and never what is still to be done, however old', async () => {
    const old = new Date(Date.now() - 365 * DAY_MS).toISOString();
    await database.transaction(async (transaction) => {
      // As an outage of a year would leave them.
      await transaction.addToOutbox(
        ['a', 'b', 'c'].map((messageId) => ({ messageId, type: 'test.noted', body: '{}' })),
        old,
      );
      await transaction.putWork([
        {
          kind: 'test.job',
          id: 'long-overdue',
          tenantId: 'default',
          key: '',
          dueAt: old,
          attempt: 0,
          fence: 0,
          payload: {},
          cause: { id: 'cause', tenantid: 'default', correlationid: 'test' },
        },
      ]);
    }, EVERY_TENANT);
    await handled(['forgotten'], old);
    await handled(['remembered'], new Date().toISOString());
    const housekeeper = new Housekeeper({
      database,
      retentions: [inboxRetention(30)],
      everySeconds: 0.05,
      clock: () => new Date(),
      logger: log,
    });
    housekeeper.start();
    await until('the inbox has forgotten', async () => (await left()).length === 1);
    await handled(['forgotten-too'], old);
    await until('it goes on', async () => (await left()).length === 1);
    await housekeeper.stop();
    await handled(['kept after the stop'], old);
    expect(await left()).toEqual(['kept after the stop', 'remembered']);
    expect(await rows('outbox')).toBe(3);
    expect(await rows('work')).toBe(1);
  });
});

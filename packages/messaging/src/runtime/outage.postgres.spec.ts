import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FatalStartupError, until } from '@comanda/kit';
import { type PostgresServer, startPostgres } from '@comanda/local-infra';
import { isOutage, openDatabase, statement } from '@comanda/storage';
import { RecordingLogger } from '@comanda/test-kit';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { counted, createLedgerTables, DEAD_LETTERS, many, QUEUE } from '../testing/ledger.js';
import { LISTENER, useStage } from '../testing/stage.js';

let server: PostgresServer;
let schemas = 0;
beforeAll(async () => {
  server = await startPostgres({ directory: mkdtempSync(join(tmpdir(), 'comanda-postgres-')) });
});
afterAll(async () => {
  await server.discard();
  rmSync(server.directory, { recursive: true });
});
const stage = useStage();

const freshUrl = (): string => `${server.url}?schema=s${++schemas}`;
const hangUp = () =>
  server.admin(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'comanda'`);

/** How a server is put out, and brought back. */
const OUTAGES: readonly {
  kind: string;
  out(): Promise<unknown>;
  back(): Promise<unknown>;
  said: RegExp;
  /** Further parameters of the URL. */
  impatient?: string;
}[] = [
  {
    kind: 'is killed',
    out: () => server.kill(),
    back: () => server.start(),
    said: /ECONNREFUSED|terminated|ECONNRESET/,
  },
  {
    kind: 'is stopped',
    out: () => server.stop(),
    back: () => server.start(),
    said: /ECONNREFUSED|terminat|ECONNRESET|shutting down/,
  },
  {
    kind: 'takes no more connections',
    out: async () => {
      await server.admin('ALTER ROLE comanda CONNECTION LIMIT 0');
      await hangUp();
    },
    back: () => server.admin('ALTER ROLE comanda CONNECTION LIMIT -1'),
    said: /too many connections|terminat/,
  },
  {
    kind: 'can only be read from',
    out: async () => {
      await server.admin('ALTER ROLE comanda SET default_transaction_read_only = on');
      await hangUp();
    },
    back: async () => {
      await server.admin('ALTER ROLE comanda RESET default_transaction_read_only');
      await hangUp();
    },
    said: /read-only|terminat/,
  },
  {
    // A statement that runs out of time ends the wait, and its commit counts, although one disk alone has it.
    kind: 'waits for a standby that is away, longer than any statement may run',
    impatient: '&statement_timeout=500&lock_timeout=500&query_timeout=2000',
    out: () => waitFor('ANY 1 (standby)'),
    back: () => waitFor(''),
    said: /timeout|terminat/,
  },
];

async function waitFor(standby: string): Promise<void> {
  await server.admin(`ALTER SYSTEM SET synchronous_standby_names = '${standby}'`);
  await server.admin('SELECT pg_reload_conf()');
  const SETTING = 'SELECT setting FROM pg_settings WHERE name = $1';
  await until(`commits wait for ${standby || 'nobody'}`, async () => {
    const [row] = await server.admin(SETTING, ['synchronous_standby_names']);
    return row?.setting === standby;
  });
}

describe.each(OUTAGES)('a PostgreSQL that $kind', ({ out, back, said, impatient = '' }) => {
  test('is logged once; no message is acked or given up, and all are handled when the database works again', async () => {
    const database = await openDatabase(freshUrl() + impatient, [createLedgerTables]);
    const instance = await stage.start({ prefetch: 200, database });
    await stage.raw.publish(many(50, (at) => counted({ counter: `before-${at}` })));
    const before = await stage.published(50);

    await out();
    await stage.raw.publish(many(300, (at) => counted({ counter: `counter-${at % 7}` })));
    await until('it is known', () => said.test(instance.messaging.unhealthyReason ?? ''));
    expect(await stage.raw.ready(DEAD_LETTERS)).toBe(0);
    expect(await stage.raw.ready(LISTENER)).toBe(0);

    await back();
    const answered = (ask: () => Promise<boolean>) => ask().catch(() => false);
    await until('all are handled', () => answered(async () => (await instance.rows('effects')) === 350));
    await until('nothing is in trouble', () => instance.messaging.unhealthyReason === undefined);
    await until('all events are published', () =>
      answered(async () => (await instance.rows('outbox')) === 0),
    );
    await instance.stop();
    expect((await instance.effects()).map(({ messageId }) => messageId)).toHaveLength(350);
    for (let at = 0; at < 7; at++) expect(await instance.count(`counter-${at}`)).toBe(at < 6 ? 43 : 42);
    expect(instance.log.said('the database does not work')).toHaveLength(1);
    expect(instance.log.said('the database works again')).toHaveLength(1);
    expect(await stage.raw.ready(QUEUE)).toBe(0);
    expect(await stage.raw.ready(DEAD_LETTERS)).toBe(0);
    const published = [...before, ...(await stage.raw.events(LISTENER))].map(({ id }) => id);
    expect(new Set(published).size).toBe(350);
  });
});

test('a server that dies under a statement is an outage for the waiting callers, and the next statement works', async () => {
  const database = await openDatabase(freshUrl(), []);
  const ENTER = statement(`INSERT INTO inbox (message_id, handled_at) VALUES ($1, 'now')`);
  let begun = () => {};
  const running = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const failed = (error: unknown) => error;
  const written = database
    .transaction(async (sql) => {
      await sql.run(ENTER, 'lost');
      begun();
      await sql.run(statement('SELECT pg_sleep(60)'));
    })
    .catch(failed);
  const read = database.read(statement('SELECT pg_sleep(60)')).catch(failed);
  await running;
  await until(
    'both run',
    async () =>
      (
        await server.admin(
          `SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active' AND usename = 'comanda'`,
        )
      ).length === 2,
  );
  await server.kill();
  for (const error of [await written, await read]) {
    expect(error).toBeInstanceOf(Error);
    expect(isOutage(error)).toBe(true);
  }
  await server.start();
  await database.transaction((sql) => sql.run(ENTER, 'kept'));
  expect(await database.read(statement('SELECT message_id FROM inbox'))).toEqual([{ message_id: 'kept' }]);
  await database.close();
});

describe('at the start', () => {
  test('a server that is not up yet is waited for, and logged once', async () => {
    const url = freshUrl();
    await server.stop();
    const log = new RecordingLogger();
    const opening = openDatabase(url, [], log);
    await until('it is logged', () => log.said('waiting for').length === 1);
    await server.start();
    const database = await opening;
    expect(await database.read(statement('SELECT 1 AS one'))).toEqual([{ one: 1 }]);
    expect(log.said('waiting for')).toHaveLength(1);
    expect(JSON.stringify(log.lines)).not.toContain('comanda:comanda');
    await database.close();
  });

  test.each([
    [
      'a wrong password',
      () => server.url.replace('comanda:comanda@', 'comanda:s3cret@'),
      /password authentication failed/,
    ],
    [
      'a database that is not there',
      () => server.url.replace(/comanda$/, 'nowhere'),
      /"nowhere" does not exist/,
    ],
  ])('%s is refused in one line, without the password', async (_, url, reason) => {
    const refused = await openDatabase(url(), []).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(FatalStartupError);
    const { message } = refused as FatalStartupError;
    expect(message).toMatch(reason);
    expect(message).toMatch(
      /^postgres:\/\/comanda@127\.0\.0\.1:\d+\/\w+ \(schema public\) can't be used: [^\n]+$/,
    );
    expect(message).not.toMatch(/s3cret|comanda:/);
  });

  test('the schema of another service is refused, and nothing in it is changed', async () => {
    class Others1799000000000 extends createLedgerTables {
      override readonly name = 'Others1799000000000' as never;
    }
    const url = freshUrl();
    await (await openDatabase(url, [createLedgerTables])).close();
    await expect(openDatabase(url, [Others1799000000000])).rejects.toThrow(
      /holds the tables of another service \(LedgerTables1770000000000\).*\?schema=name/,
    );
    const database = await openDatabase(url, [createLedgerTables]);
    const names = (await database.read(statement('SELECT name FROM migrations'))).map(({ name }) => name);
    expect(names).toContain('LedgerTables1770000000000');
    expect(names).not.toContain('Others1799000000000');
    await database.close();
  });

  test('a role that bypasses row-level security is logged as a warning', async () => {
    const log = new RecordingLogger();
    const admin = `${server.adminUrl.replace(/postgres$/, 'comanda')}?schema=of_admin`;
    await (await openDatabase(admin, [], log)).close();
    expect(log.said('bypasses row-level security').map(({ level, fields }) => [level, fields])).toEqual([
      ['warn', { role: 'admin' }],
    ]);
    const quiet = new RecordingLogger();
    await (await openDatabase(freshUrl(), [], quiet)).close();
    expect(quiet.lines).toEqual([]);
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accept, type Reply, refuse } from '@comanda/contracts';
import { Lists, type TenantReaders } from '@comanda/service-kit';
import { createMigration, type Database, openDatabase, Standby, statement } from '@comanda/storage';
import { RecordingLogger } from '@comanda/test-kit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PostgresPair } from '../support/postgres-pair.js';
import { until } from '../support/until.js';

const createNotes = createMigration('Notes1790000000000', ({ text, withoutRowid }) => [
  `CREATE TABLE notes (tenant_id ${text} NOT NULL, id ${text} NOT NULL, PRIMARY KEY (tenant_id, id)) ${withoutRowid}`,
]);
const ALL = statement('SELECT id FROM notes WHERE tenant_id = $1 ORDER BY id');
const ADD = statement('INSERT INTO notes (tenant_id, id) VALUES ($1, $2)');

const directory = mkdtempSync(join(tmpdir(), 'comanda-test-postgres-'));
const logger = new RecordingLogger();
/** What the service's clock says: it stands still, unless the test moves it. */
let now = 0;
let pair: PostgresPair;
let database: Database;
let standby: Standby;
let lists: Lists;

const standbyAt = (url: string, schema: string, log = new RecordingLogger()) =>
  new Standby(`${url}?schema=${schema}`, { primary: database, logger: log, clock: () => now });

beforeAll(async () => {
  pair = await PostgresPair.start({ directory });
  database = await openDatabase(`${pair.url}?schema=notes`, [createNotes]);
  standby = standbyAt(pair.standby.url, 'notes', logger);
  lists = new Lists(database, standby);
});
afterAll(async () => {
  await lists.close();
  await database.close();
  await pair.discard();
  rmSync(directory, { recursive: true, force: true });
});

const add = (id: string) => database.transaction((sql) => sql.run(ADD, 'ana', id), ['ana']);
const fit = () => until('the standby keeps up', () => standby.outReason === undefined, { everyMs: 20 });

/** Who was asked for a list, one after the other, and what came of it. */
async function listed(sayOfStandby?: () => Reply | Promise<Reply>) {
  const asked: string[] = [];
  const reply = await lists.ask(async (source: TenantReaders) => {
    asked.push(source === database ? 'primary' : 'standby');
    const ids = (await source.of('ana').read(ALL, 'ana')).map(({ id }) => String(id));
    return source !== database && sayOfStandby ? sayOfStandby() : accept({ ids });
  });
  return { asked, ...(reply.ok && Object(reply.result)) };
}

test('lists come from a standby while it keeps up; from the primary as soon as it is 2 s behind, until it has caught up', async () => {
  await fit();
  await pair.standby.admin('SELECT pg_wal_replay_pause()');
  await add('a');
  // No time has passed, so what it shows is not too old; that it lacks the row says that it was asked.
  expect(await listed()).toEqual({ asked: ['standby'], ids: [] });
  now += 2_000;
  expect(await listed()).toEqual({ asked: ['standby'], ids: [] });
  now += 1;
  expect(await listed()).toEqual({ asked: ['primary'], ids: ['a'] });
  await until('it was said', () => logger.lines.some(({ level }) => level === 'warn'));
  await pair.standby.admin('SELECT pg_wal_replay_resume()');
  await fit();
  expect(await listed()).toEqual({ asked: ['standby'], ids: ['a'] });
  expect(logger.lines.map(({ level, message }) => `${level}: ${message}`)).toEqual([
    'info: lists are read from the standby',
    'warn: lists are read from the primary: the standby is not fit',
    'info: lists are read from the standby',
  ]);
});

test('what it refuses, and what it can’t say, the primary is asked', async () => {
  await fit();
  expect(await listed(() => refuse(404, 'UNKNOWN_ORDER', 'not here yet'))).toMatchObject({
    asked: ['standby', 'primary'],
    ids: ['a'],
  });
  const newTable = () => {
    throw new Error('relation "colours" does not exist');
  };
  expect(await listed(newTable)).toEqual({ asked: ['standby', 'primary'], ids: ['a'] });
  expect(standby.outReason).toBeUndefined();
});

test('one that is too slow, or away, is not asked again before it has answered', async () => {
  await fit();
  const slow = async () => {
    await standby.of('ana').read(statement('SELECT pg_sleep(60)'));
    return refuse(500, 'QUERY_FAILED', 'nobody waits for this');
  };
  expect(await listed(slow)).toEqual({ asked: ['standby', 'primary'], ids: ['a'] });
  await pair.standby.kill();
  await until('the primary is asked alone', async () => {
    const { asked, ids } = await listed();
    expect(ids).toEqual(['a']);
    return asked[0] === 'primary';
  });
  await pair.standby.start();
  await fit();
  expect(await listed()).toEqual({ asked: ['standby'], ids: ['a'] });
});

test('one that follows nobody, or is of another database, is never asked', async () => {
  await (await openDatabase(`${pair.url}?schema=letters`, [createNotes])).close();
  for (const [other, reason] of [
    [standbyAt(pair.url, 'notes'), 'it follows no primary'],
    [standbyAt(pair.standby.url, 'letters'), 'it is the standby of another database'],
    [standbyAt(pair.standby.url, 'nowhere'), 'relation "incarnation" does not exist'],
  ] as const) {
    await until(reason, () => other.outReason === reason);
    await other.close();
  }
});

import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { perDatabase } from '@comanda/contracts';
import { type Database, openDatabase, statement } from '@comanda/storage';
import { Folder } from '@comanda/test-kit';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { backUp, type DatabaseUrls } from './back-up.js';
import { NotPossible } from './not-possible.js';
import { republish, restore } from './restore.js';

const NOW = '2026-01-01T00:00:00.000Z';

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder.remove());

const urlsIn = (place: string): DatabaseUrls =>
  perDatabase(({ database }) => `sqlite:${folder.file(join(place, database.file))}`);

async function inDatabase<T>(url: string, work: (database: Database) => Promise<T>): Promise<T> {
  const database = await openDatabase(url, [], undefined, { keepConfirmed: true });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/** Five databases, of which each has handled one message and said one. */
async function filled(place: string): Promise<DatabaseUrls> {
  mkdirSync(folder.file(place));
  const urls = urlsIn(place);
  for (const [name, url] of Object.entries(urls))
    await inDatabase(url, (database) =>
      database.transaction(async (transaction) => {
        await transaction.claimInbox([`heard by ${name}`], NOW);
        await transaction.addToOutbox([{ messageId: `said by ${name}`, type: 'book.lent', body: '{}' }], NOW);
        await transaction.removeFromOutbox([`said by ${name}`]);
      }),
    );
  return urls;
}

const column = (url: string, sql: string): Promise<unknown[]> =>
  inDatabase(url, async (database) =>
    (await database.read(statement(sql))).map((row) => Object.values(row)[0]),
  );

const refusal = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (error: unknown) => (error instanceof NotPossible ? error.message : `another error: ${String(error)}`),
  );

describe('five files', () => {
  test('come back as they were, for their owner only, each in a new incarnation, and say again what they said', async () => {
    const [urls, restored, backup] = [await filled('data'), urlsIn('restored'), folder.file('backup')];
    const manifest = await backUp(urls, backup);
    expect(new Set(manifest.databases.map(({ moment }) => moment))).toEqual(new Set([1]));
    for (const file of readdirSync(backup)) expect(statSync(join(backup, file)).mode & 0o77).toBe(0);
    expect(await restore(restored, backup)).toEqual(manifest);
    const files = Object.values(restored).map((url) => url.slice('sqlite:'.length));
    expect(
      readdirSync(folder.file('restored'))
        .map((file) => folder.file(join('restored', file)))
        .sort(),
    ).toEqual(files.sort());
    expect(await republish(restored)).toEqual(perDatabase(() => 1));
    expect(await republish(restored)).toEqual(perDatabase(() => 0));
    const INCARNATION = 'SELECT id FROM incarnation';
    const lives = new Set<unknown>();
    for (const [name, url] of Object.entries(restored)) {
      expect(await column(url, 'SELECT message_id FROM inbox')).toEqual([`heard by ${name}`]);
      expect(await column(url, 'SELECT message_id FROM outbox')).toEqual([`said by ${name}`]);
      for (const one of [url, urls[name as keyof DatabaseUrls]])
        for (const id of await column(one, INCARNATION)) lives.add(id);
    }
    expect(lives.size).toBe(10);
  });

  test('are refused where a file or its log is left, and by a database of another kind', async () => {
    const backup = folder.file('backup');
    const urls = await filled('data');
    await backUp(urls, backup);
    expect(await refusal(restore(urls, backup))).toMatch(
      /^webhooks: there is a database already: \S+webhooks\.db$/,
    );
    const elsewhere = urlsIn('elsewhere');
    mkdirSync(folder.file('elsewhere'));
    writeFileSync(folder.file('elsewhere/orders.db-wal'), 'of a file that is gone');
    expect(await refusal(restore(elsewhere, backup))).toMatch(
      /^orders: there is a database already: \S+orders\.db-wal$/,
    );
    writeFileSync(join(backup, 'orders.db'), 'something else');
    expect(await refusal(restore(urlsIn('spoilt'), backup))).toMatch(/^orders: .* its checksum differs$/);
    for (const file of readdirSync(folder.file('spoilt'))) expect(file).toMatch(/\.restoring$/);
    const onPostgres = { ...urlsIn('third'), orders: 'postgres://a:b@localhost/comanda?schema=orders' };
    expect(await refusal(restore(onPostgres, backup))).toBe(
      'orders: the backup is of sqlite, and its database is to be on postgres',
    );
    expect(readdirSync(folder.file('elsewhere'))).toEqual(['orders.db-wal']);
  });

  test('are no backup while one is missing, and nothing is made then', async () => {
    const urls = { ...(await filled('data')), orders: `sqlite:${folder.file('none.db')}` };
    expect(await refusal(backUp(urls, folder.file('backup')))).toMatch(
      /^orders: there is no database \S+none\.db$/,
    );
    expect(readdirSync(folder.path)).toEqual(['data']);
    expect(await refusal(republish(urls))).toMatch(/^orders: there is no database/);
  });
});

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { statement } from '@comanda/storage';
import { onPostgres, runScript, testDatabaseUrl } from '@comanda/test-kit';
import { useFolder } from '@comanda/test-kit/hooks';
import { expect, test } from '@jest/globals';
import { MESSAGING_MIGRATIONS } from './messaging-tables.js';
import { createContraction, createMigration } from './migration.js';
import { openDatabase } from './open.js';
import { RELEASE } from './release.js';

const createThings = createMigration('Things1780000000000', ({ text }) => [
  `CREATE TABLE things (id ${text} PRIMARY KEY)`,
]);
const addNotes = createMigration('Notes1785000000000', ({ text }) => [
  `ALTER TABLE things ADD COLUMN notes ${text}`,
]);
const breaksHalfway = createMigration('Broken1790000000000', ({ text }) => [
  `CREATE TABLE halves (id ${text} PRIMARY KEY)`,
  `CREATE TABLE things (id ${text} PRIMARY KEY)`,
]);

const folder = useFolder();

(onPostgres ? test.skip : test)(
  'a commit survives a power cut: WAL, and synchronous is FULL, on the connection that writes',
  async () => {
    const database = await openDatabase(testDatabaseUrl(folder.file('test.db')), []);
    const asked = await database.transaction(async (sql) => [
      ...(await sql.run(statement('PRAGMA journal_mode'))),
      ...(await sql.run(statement('PRAGMA synchronous'))),
    ]);
    expect(asked).toEqual([{ journal_mode: 'wal' }, { synchronous: 2 }]);
    await database.close();
  },
);

test('opened again, it has its tables and its rows', async () => {
  const url = testDatabaseUrl(folder.file('test.db'));
  const first = await openDatabase(url, [createThings]);
  await first.transaction((sql) => sql.run(statement(`INSERT INTO things (id) VALUES ('a')`)));
  await first.close();
  const second = await openDatabase(url, [createThings]);
  expect(await second.read(statement('SELECT id FROM things'))).toEqual([{ id: 'a' }]);
  await second.close();
});

test('opens while another process is in the middle of a write, which may never end', async () => {
  const url = testDatabaseUrl(folder.file('test.db'));
  const writing = await openDatabase(url, [createThings]);
  const { promise: end, resolve: endIt } = Promise.withResolvers<void>();
  const { promise: begun, resolve: hasBegun } = Promise.withResolvers<void>();
  const write = writing.transaction(async (sql) => {
    await sql.run(statement(`INSERT INTO things (id) VALUES ('a')`));
    hasBegun();
    await end;
  });
  await begun;
  const other = await openDatabase(url, [createThings]);
  expect(await other.read(statement('SELECT id FROM things'))).toEqual([]);
  endIt();
  await write;
  expect(await other.read(statement('SELECT id FROM things'))).toEqual([{ id: 'a' }]);
  await other.close();
  await writing.close();
});

test('a migration that fails leaves nothing behind and says why', async () => {
  const url = testDatabaseUrl(folder.file('test.db'));
  await (await openDatabase(url, [createThings])).close();
  await expect(openDatabase(url, [createThings, breaksHalfway])).rejects.toThrow(
    /(table|relation) "?things"? already exists/,
  );
  const database = await openDatabase(url, [createThings]);
  await expect(database.read(statement('SELECT id FROM halves'))).rejects.toThrow(
    /no such table|does not exist/,
  );
  await database.close();
});

test('an older program lives with what later releases added, and with what its own release did without already', async () => {
  const url = testDatabaseUrl(folder.file('test.db'));
  const takesNotes = createContraction('Lean1790000000000', { since: RELEASE, takes: ['notes'] }, () => []);
  await (await openDatabase(url, [createThings, addNotes, takesNotes])).close();
  const older = await openDatabase(url, [createThings]);
  await older.transaction((sql) => sql.run(statement(`INSERT INTO things (id) VALUES ('a')`)));
  expect(await older.read(statement('SELECT id FROM things'))).toEqual([{ id: 'a' }]);
  await older.close();
});

test('where a later release took away what it uses, it refuses to start: one line names migration and release', async () => {
  const url = testDatabaseUrl(folder.file('test.db'));
  const contraction = { since: '99.1.0', takes: ['things.notes'] };
  const dropNotes = createContraction('Lean1790000000000', contraction, () => [
    'ALTER TABLE things DROP COLUMN notes',
  ]);
  await (await openDatabase(url, [createThings, addNotes, dropNotes])).close();
  await expect(openDatabase(url, [createThings, addNotes])).rejects.toMatchObject({
    name: 'FatalStartupError',
    message: expect.stringMatching(
      /^[^\n]* has the tables of a later release: Lean1790000000000 took away what [\d.]+ uses; start release 99\.1\.0 or later, or restore a backup$/,
    ),
  });
  // Who has the migration itself is of that release.
  await (await openDatabase(url, [createThings, addNotes, dropNotes])).close();
});

test('several processes may open a fresh file at once: all have the tables, which are made once', async () => {
  const script = `
    const { readdirSync, writeFileSync } = await import('node:fs');
    const { openDatabase } = await import(${JSON.stringify(new URL('./open.ts', import.meta.url).href)});
    const [, file, url] = process.argv;
    writeFileSync(file + '.' + process.pid, '');
    // All of a round begin at the same moment.
    while (readdirSync(${JSON.stringify(folder.path)}).filter((name) => /db[.][0-9]+$/.test(name)).length % 4 !== 0);
    const database = await openDatabase(url, []);
    await database.transaction((sql) => sql.claimInbox([String(process.pid)], 'now'));
    await database.close();`;
  const open = (file: string) =>
    promisify(execFile)(process.execPath, [...runScript(script), file, testDatabaseUrl(file)]);
  for (let round = 0; round < 5; round++) {
    const file = folder.file(`${round}.db`);
    await Promise.all([open(file), open(file), open(file), open(file)]);
    const database = await openDatabase(testDatabaseUrl(file), []);
    expect(await database.read(statement('SELECT message_id FROM inbox'))).toHaveLength(4);
    expect(await database.read(statement('SELECT name FROM migrations'))).toEqual(
      MESSAGING_MIGRATIONS.map((Migration) => ({ name: new Migration().name })),
    );
    await database.close();
  }
});

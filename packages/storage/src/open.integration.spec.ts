import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { statement } from '@comanda/storage';
import { onPostgres, TYPESCRIPT_HOOK, testDatabaseUrl } from '@comanda/test-kit';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { MESSAGING_MIGRATIONS } from './messaging-tables.js';
import { openDatabase } from './open.js';

class Things1780000000000 implements MigrationInterface {
  readonly name = 'Things1780000000000';
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE things (id TEXT PRIMARY KEY)');
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE things');
  }
}

class Broken1790000000000 implements MigrationInterface {
  readonly name = 'Broken1790000000000';
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE halves (id TEXT PRIMARY KEY)');
    await runner.query('CREATE TABLE things (id TEXT PRIMARY KEY)');
  }
  async down(): Promise<void> {}
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'comanda-service-kit-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

(onPostgres ? test.skip : test)(
  'a commit survives a power cut: WAL, and synchronous is FULL, on the connection that writes',
  async () => {
    const database = await openDatabase(testDatabaseUrl(join(folder, 'test.db')), []);
    const asked = await database.transaction(async (sql) => [
      ...(await sql.run(statement('PRAGMA journal_mode'))),
      ...(await sql.run(statement('PRAGMA synchronous'))),
    ]);
    expect(asked).toEqual([{ journal_mode: 'wal' }, { synchronous: 2 }]);
    await database.close();
  },
);

test('opened again, it has its tables and its rows', async () => {
  const url = testDatabaseUrl(join(folder, 'test.db'));
  const first = await openDatabase(url, [Things1780000000000]);
  await first.transaction((sql) => sql.run(statement(`INSERT INTO things (id) VALUES ('a')`)));
  await first.close();
  const second = await openDatabase(url, [Things1780000000000]);
  expect(await second.read(statement('SELECT id FROM things'))).toEqual([{ id: 'a' }]);
  await second.close();
});

test('a migration that fails leaves nothing behind and says why', async () => {
  const url = testDatabaseUrl(join(folder, 'test.db'));
  await (await openDatabase(url, [Things1780000000000])).close();
  await expect(openDatabase(url, [Things1780000000000, Broken1790000000000])).rejects.toThrow(
    /(table|relation) "?things"? already exists/,
  );
  const database = await openDatabase(url, [Things1780000000000]);
  await expect(database.read(statement('SELECT id FROM halves'))).rejects.toThrow(
    /no such table|does not exist/,
  );
  await database.close();
});

test('several processes may open a fresh file at once: all have the tables, which are made once', async () => {
  // The TYPESCRIPT_HOOK lets a plain Node run our TypeScript.
  const script = `
    const { readdirSync, writeFileSync } = await import('node:fs');
    const { openDatabase } = await import(${JSON.stringify(new URL('./open.ts', import.meta.url).href)});
    const [, file, url] = process.argv;
    writeFileSync(file + '.' + process.pid, '');
    // All of a round begin at the same moment.
    while (readdirSync(${JSON.stringify(folder)}).filter((name) => /db[.][0-9]+$/.test(name)).length % 4 !== 0);
    const database = await openDatabase(url, []);
    await database.transaction((sql) => sql.run("INSERT INTO inbox (message_id, handled_at) VALUES (?1 ->> 0, 'now')", [String(process.pid)]));
    await database.close();`;
  const open = (file: string) =>
    promisify(execFile)(process.execPath, [
      ...[
        '--experimental-transform-types',
        '--no-warnings',
        '--import',
        TYPESCRIPT_HOOK,
        '--input-type=module',
      ],
      ...['--eval', script, file, testDatabaseUrl(file)],
    ]);
  for (let round = 0; round < 3; round++) {
    const file = join(folder, `${round}.db`);
    await Promise.all([open(file), open(file), open(file), open(file)]);
    const database = await openDatabase(testDatabaseUrl(file), []);
    expect(await database.read(statement('SELECT message_id FROM inbox'))).toHaveLength(4);
    expect(await database.read(statement('SELECT name FROM migrations'))).toEqual(
      MESSAGING_MIGRATIONS.map((Migration) => ({ name: new Migration().name })),
    );
    await database.close();
  }
});

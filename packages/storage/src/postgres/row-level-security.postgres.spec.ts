import { Folder, testDatabaseUrl } from '@comanda/test-kit';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { createMigration } from '../migration.js';
import { openDatabase } from '../open.js';
import { type Parameter, type Statement, statement } from '../statement.js';
import { type Database, EVERY_TENANT, type Tenants } from '../store.js';
import { table } from '../table.js';
import { statementsOf } from '../table-statements.js';

const createNotes = createMigration('Notes1790000000000', ({ text, integer, withoutRowid }) => [
  `CREATE TABLE notes (
     tenant_id ${text} NOT NULL, id ${text} NOT NULL, pages ${integer} NOT NULL, PRIMARY KEY (tenant_id, id)
   ) ${withoutRowid}`,
  'CREATE INDEX notes_by_pages ON notes (tenant_id, pages, id)',
]);

const lengthenNotes = createMigration('LongerNotes1790000001000', () => [
  'UPDATE notes SET pages = pages + 100',
]);

const notes = table('notes', ['tenantId', 'id'], { tenantId: z.string(), id: z.string(), pages: z.number() });

let folder: Folder;
let url: string;
let database: Database;
beforeEach(async () => {
  folder = new Folder();
  url = testDatabaseUrl(folder.file('notes.db'));
  database = await openDatabase(url, [createNotes]);
  await insert(
    [
      ['ana', 'a', 1],
      ['ana', 'b', 2],
      ['ben', 'a', 3],
    ],
    ['ana', 'ben'],
  );
});
afterEach(async () => {
  await database.close();
  folder.remove();
});

const run = (text: Statement | string, tenants?: Tenants, ...parameters: readonly Parameter[]) =>
  database.transaction(
    (transaction) => transaction.run(typeof text === 'string' ? statement(text) : text, ...parameters),
    tenants,
  );
const insert = (rows: readonly unknown[][], tenants?: Tenants) =>
  run(statementsOf(notes).insert, tenants, rows);
const ALL = statement('SELECT tenant_id, id, pages FROM notes ORDER BY tenant_id, id');
const all = async (): Promise<unknown[]> =>
  (await database.acrossTenants.read(ALL)).map((row) => Object.values(row).join(' '));

describe('without any tenant in the statement', () => {
  test('a reader sees the rows of the tenant that is set, and none when none is set', async () => {
    const PAGES = statement('SELECT pages FROM notes ORDER BY pages');
    const pages = async (reader: Pick<Database, 'read'>) =>
      (await reader.read(PAGES)).map((row) => row.pages);
    expect(await pages(database.of('ana'))).toEqual([1, 2]);
    expect(await pages(database.of('ben'))).toEqual([3]);
    expect(await pages(database.of('nobody'))).toEqual([]);
    expect(await pages(database)).toEqual([]);
    expect(await pages(database.acrossTenants)).toEqual([1, 2, 3]);
    // Readers take turns on few connections: each shows what its own reader may see.
    const many = await Promise.all(
      Array.from({ length: 60 }, (_, at) => pages(database.of(at % 2 === 0 ? 'ana' : 'ben'))),
    );
    expect(many).toEqual(many.map((_, at) => (at % 2 === 0 ? [1, 2] : [3])));
  });

  test('a transaction sees, changes, locks and removes the rows of its tenants alone', async () => {
    expect(await run('SELECT pages FROM notes ORDER BY pages FOR UPDATE', ['ana'])).toEqual([
      { pages: 1 },
      { pages: 2 },
    ]);
    await run('UPDATE notes SET pages = pages + 10', ['ana']);
    expect(await all()).toEqual(['ana a 11', 'ana b 12', 'ben a 3']);
    await run('DELETE FROM notes', ['ben']);
    expect(await all()).toEqual(['ana a 11', 'ana b 12']);
    await run('DELETE FROM notes');
    expect(await all()).toEqual(['ana a 11', 'ana b 12']);
    expect(await run('SELECT pages FROM notes', EVERY_TENANT)).toHaveLength(2);
    // What one transaction may see the next one on the same connection may not.
    expect(await run('SELECT pages FROM notes')).toEqual([]);
  });

  test('a row of another tenant can be neither written nor moved there', async () => {
    const refused = { code: '42501' };
    await expect(insert([['ben', 'b', 4]], ['ana'])).rejects.toMatchObject(refused);
    await expect(insert([['ben', 'b', 4]])).rejects.toMatchObject(refused);
    await expect(run(`UPDATE notes SET tenant_id = 'ben', id = 'c'`, ['ana'])).rejects.toMatchObject(refused);
    await expect(run(statementsOf(notes).save, ['ana'], [['ben', 'a', 9]])).rejects.toMatchObject(refused);
    expect(await all()).toEqual(['ana a 1', 'ana b 2', 'ben a 3']);
  });
});

test('a migration of later days sees all rows, and what it adds is secured like the rest', async () => {
  await (await openDatabase(url, [createNotes, lengthenNotes])).close();
  expect(await all()).toEqual(['ana a 101', 'ana b 102', 'ben a 103']);
  expect(await database.read(statement('SELECT 1 FROM notes'))).toEqual([]);
});

// Of the few a batch would read all, if the planner were asked what is cheaper.
test.each([2_500, 30_000])('rows are found by their indices all the same, among %d', async (last) => {
  await run(
    `INSERT INTO notes SELECT 'ana', 'n' || n, n FROM generate_series(1000, ${last}) n UNION ALL
     SELECT 'ben', 'n' || n, n FROM generate_series(1000, ${last}) n`,
    ['ana', 'ben'],
  );
  await run('ANALYZE notes', EVERY_TENANT);
  const lines = (rows: readonly object[]) => rows.map((row) => Object.values(row).join()).join('\n');
  const keys = [
    ['ana', 'n2000'],
    ['ben', 'n2001'],
  ];
  for (const found of [
    statementsOf(notes).load(notes.key, true),
    statementsOf(notes).load(notes.key, false),
    statement(
      `DELETE FROM notes WHERE (tenant_id, id) IN (
         SELECT value ->> 0, value ->> 1 FROM jsonb_array_elements($1::jsonb) AS e(value) OFFSET 0)`,
    ),
  ]) {
    const shown = lines(await run(`EXPLAIN ${found.postgres}`, ['ana', 'ben'], keys));
    expect(shown).toMatch(/Index (Only )?Scan|Bitmap Index Scan/);
    expect(shown).toMatch(/\(tenant_id = .*\) AND \(id = /);
    expect(shown).not.toContain('Seq Scan on notes');
  }
  const page = lines(
    await database.of('ana').read(
      statement(
        `EXPLAIN SELECT t.id FROM notes t WHERE t.tenant_id = $1 AND ($2 IS NULL OR (t.pages, t.id) > ($2, $3))
         ORDER BY t.pages, t.id LIMIT $4`,
      ),
      ...['ana', 2000, 'n2000', 10],
    ),
  );
  expect(page).toContain('notes_by_pages');
  expect(page).not.toContain('Sort');
});

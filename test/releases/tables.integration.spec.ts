import { join } from 'node:path';
import { DATABASE_OWNERS } from '@comanda/contracts';
import {
  type Contraction,
  createContraction,
  createMigration,
  isBefore,
  MESSAGING_MIGRATIONS,
  type Migrations,
  openDatabase,
  RELEASE,
} from '@comanda/storage';
import { onPostgres, testDatabaseUrl } from '@comanda/test-kit';
import { expect, test } from '@jest/globals';
import { useFolder } from '../support/use-folder.js';
import { breaksOfTables, forbidden } from './compare-tables.js';
import { newestKept } from './kept.js';
import { migrationsOf } from './migrations-of.js';
import { describeTables, type Tables } from './table-description.js';

const folder = useFolder('comanda-releases-');
const kept = newestKept(join(import.meta.dirname, '../../docs/releases'));
const keptTables = kept.tables[onPostgres ? 'postgres' : 'sqlite'];

test.each(DATABASE_OWNERS.map((service) => [service.alias, service] as const))(
  'the release before lives with the tables that the migrations of %s make (docs/upgrades.md)',
  async (alias, service) => {
    const migrations = await migrationsOf(service);
    const tables = await tablesOf(testDatabaseUrl(join(folder, `${alias}.db`)), migrations);
    expect(tables).toHaveProperty('migrations');
    const contractions = contractionsOf([...MESSAGING_MIGRATIONS, ...migrations]);
    const breaks = breaksOfTables(keptTables[alias] ?? {}, tables);
    expect(forbidden(breaks, contractions, kept.version, isBefore)).toEqual([]);
  },
);

test('a migration that takes something away is found, on the tables that it makes', async () => {
  const make = createMigration('Things1780000000000', ({ text }) => [
    `CREATE TABLE things (id ${text} PRIMARY KEY, note ${text}, colour ${text})`,
  ]);
  const lean = createContraction(
    'Lean1790000000000',
    { since: RELEASE, takes: ['things.note'] },
    ({ text }) => [
      'ALTER TABLE things DROP COLUMN note',
      'CREATE UNIQUE INDEX things_by_colour ON things (colour)',
      `CREATE TABLE kinds (id ${text} PRIMARY KEY, name ${text} NOT NULL)`,
    ],
  );
  const url = testDatabaseUrl(join(folder, 'things.db'));
  const [were, are] = [await tablesOf(url, [make]), await tablesOf(url, [make, lean])];
  const breaks = breaksOfTables(were, are);
  const found = { subject: 'things', why: '(colour) must be unique, and had not to be' };
  expect(breaks).toEqual([{ subject: 'things.note', why: 'the column is gone' }, found]);
  expect(forbidden(breaks, contractionsOf([make, lean]), RELEASE, isBefore)).toEqual([found]);
});

async function tablesOf(url: string, migrations: Migrations): Promise<Tables> {
  const database = await openDatabase(url, migrations);
  return describeTables(database).finally(() => database.close());
}

const contractionsOf = (migrations: Migrations): Contraction[] =>
  migrations.flatMap((Migration) => new Migration().contraction ?? []);

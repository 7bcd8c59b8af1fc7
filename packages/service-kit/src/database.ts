import { Database, MESSAGING_MIGRATIONS } from '@comanda/messaging';
import type BetterSqlite3 from 'better-sqlite3';
import { DataSource, type MixedList } from 'typeorm';

type Migrations = MixedList<new () => import('typeorm').MigrationInterface>;

/** Migrations in the order in which they run; never change one that was released. */
export type ServiceMigrations = readonly (new () => import('typeorm').MigrationInterface)[];

/**
 * Opens a service's database and brings its tables up to date. WAL lets queries read while a transaction writes;
 * `synchronous=FULL` makes a commit survive a power cut: durability is not for sale.
 */
export async function openDatabase(url: string, migrations: ServiceMigrations): Promise<Database> {
  const file = url.replace(/^sqlite:/, '');
  const all: Migrations = [...MESSAGING_MIGRATIONS, ...migrations];
  const writer = await new DataSource({
    type: 'better-sqlite3',
    database: file,
    migrations: all,
    timeout: 10_000,
    prepareDatabase: (connection: BetterSqlite3.Database) => {
      connection.pragma('journal_mode = WAL');
      connection.pragma('synchronous = FULL');
    },
  }).initialize();
  await migrate(writer);
  const reader = await new DataSource({
    type: 'better-sqlite3',
    database: file,
    readonly: true,
    timeout: 10_000,
  }).initialize();
  return new Database(writer, reader);
}

/** Several processes may open a fresh file at once: the one with the write lock makes the tables, the others find them. */
async function migrate(writer: DataSource): Promise<void> {
  await writer.query('BEGIN IMMEDIATE');
  try {
    await writer.runMigrations({ transaction: 'none' });
    await writer.query('COMMIT');
  } catch (error) {
    await writer.query('ROLLBACK');
    throw error;
  }
}

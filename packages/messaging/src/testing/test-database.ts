import type BetterSqlite3 from 'better-sqlite3';
import { DataSource, type MigrationInterface } from 'typeorm';
import { Database } from '../storage/database.js';
import { MESSAGING_MIGRATIONS } from '../storage/messaging-tables.js';

/** Opens a database file as a service does, for tests that stand below the service kit. */
export async function openTestDatabase(
  file: string,
  migrations: readonly (new () => MigrationInterface)[] = [],
): Promise<Database> {
  const writer = await new DataSource({
    type: 'better-sqlite3',
    database: file,
    migrations: [...MESSAGING_MIGRATIONS, ...migrations],
    timeout: 10_000,
    prepareDatabase: (connection: BetterSqlite3.Database) => {
      connection.pragma('journal_mode = WAL');
      connection.pragma('synchronous = FULL');
    },
  }).initialize();
  await writer.runMigrations({ transaction: 'all' });
  const reader = await new DataSource({
    type: 'better-sqlite3',
    database: file,
    readonly: true,
    timeout: 10_000,
  }).initialize();
  return new Database(writer, reader);
}

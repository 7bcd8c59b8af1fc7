import { type Logger, until } from '@comanda/kit';
import type BetterSqlite3 from 'better-sqlite3';
import { DataSource } from 'typeorm';
import type { Migrations } from '../migration.js';
import { migrationLog } from '../migration-log.js';
import { CONTRACTIONS, refuseContracted } from '../refuse-contracted.js';

/** How long a write waits for that of another process before it fails with SQLITE_BUSY. */
export const BUSY_MS = 10_000;

/** Makes the file, where there is none, and brings its tables up to date. */
export async function prepareFile(
  file: string,
  migrations: Migrations,
  logger: Pick<Logger, 'warn'> | undefined,
): Promise<void> {
  const writer = await new DataSource({
    type: 'better-sqlite3',
    database: file,
    migrations: [...migrations],
    logger: migrationLog(logger),
    timeout: BUSY_MS,
    prepareDatabase: keepDurable,
  }).initialize();
  try {
    if (await isThere(writer, CONTRACTIONS))
      await refuseContracted((sql) => writer.query(sql), migrations, file);
    await migrate(writer);
  } finally {
    await writer.destroy();
  }
}

/**
 * WAL lets queries read while a transaction writes; `synchronous=FULL` makes a commit survive a power cut: durability is
 * not for sale.
 */
export async function keepDurable(connection: BetterSqlite3.Database): Promise<void> {
  await until('the file keeps a WAL', () => keepsWal(connection), { timeoutMs: BUSY_MS });
  connection.pragma('synchronous = FULL');
}

/**
 * Of several processes that open a fresh file at once one makes the switch. SQLite refuses the others at once, whatever
 * their timeout: waiting for each other they would never end.
 */
const keepsWal = (connection: BetterSqlite3.Database): boolean =>
  unlessBusy(() => connection.pragma('journal_mode = WAL'));

/** Whether it was done; not, when another process is writing. */
export function unlessBusy(act: () => unknown): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if (isBusy(error)) return false;
    throw error;
  }
}

/** Another process is writing. */
export const isBusy = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && /^SQLITE_BUSY/.test(String(error.code));

/** Several processes may open a fresh file at once: the one with the write lock makes the tables, the others find them. */
async function migrate(writer: DataSource): Promise<void> {
  if (await isUpToDate(writer)) return;
  await writer.query('BEGIN IMMEDIATE');
  try {
    await writer.runMigrations({ transaction: 'none' });
    await writer.query('COMMIT');
  } catch (error) {
    await writer.query('ROLLBACK');
    throw error;
  }
}

/** Asked without a lock: a process that hangs in the middle of a write must not keep others from starting. */
async function isUpToDate(writer: DataSource): Promise<boolean> {
  return (await isThere(writer, 'migrations')) && !(await writer.showMigrations());
}

async function isThere(writer: DataSource, table: string): Promise<boolean> {
  const found: readonly unknown[] = await writer.query(`SELECT 1 FROM sqlite_master WHERE name = '${table}'`);
  return found.length > 0;
}

import { type Logger, until } from '@comanda/kit';
import type BetterSqlite3 from 'better-sqlite3';
import { DataSource, type QueryRunner } from 'typeorm';
import type { Migrations } from '../migration.js';
import { migrationLog } from '../migration-log.js';
import { type OutboxPage, OutboxRow } from '../outbox-row.js';
import { SqlReader } from '../sql-reader.js';
import { SqlTransaction } from '../sql-transaction.js';
import { type Parameter, statement } from '../statement.js';
import { OUTBOX_PAGE } from '../statements/outbox.sql.js';
import type { Database, RawRow, Reader, Sql, Transaction } from '../store.js';
import { WriteGate } from '../write-gate.js';

/** How long a write waits for that of another process before it fails with SQLITE_BUSY. */
const BUSY_MS = 10_000;

/**
 * Opens a database file and brings its tables up to date. WAL lets queries read while a transaction writes;
 * `synchronous=FULL` makes a commit survive a power cut: durability is not for sale.
 */
export async function openSqlite(
  file: string,
  migrations: Migrations,
  logger?: Pick<Logger, 'warn'>,
): Promise<Database> {
  const writer = await new DataSource({
    type: 'better-sqlite3',
    database: file,
    migrations: [...migrations],
    logger: migrationLog(logger),
    timeout: BUSY_MS,
    prepareDatabase: async (connection: BetterSqlite3.Database) => {
      await until('the file keeps a WAL', () => keepsWal(connection), { timeoutMs: BUSY_MS });
      connection.pragma('synchronous = FULL');
    },
  }).initialize();
  await migrate(writer);
  const reader = await new DataSource({
    type: 'better-sqlite3',
    database: file,
    readonly: true,
    timeout: BUSY_MS,
  }).initialize();
  return new SqliteDatabase(writer, reader);
}

/**
 * Of several processes that open a fresh file at once one makes the switch. SQLite refuses the others at once, whatever
 * their timeout: waiting for each other they would never end.
 */
function keepsWal(connection: BetterSqlite3.Database): boolean {
  try {
    connection.pragma('journal_mode = WAL');
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY') return false;
    throw error;
  }
}

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
  const [table] = await writer.query("SELECT 1 FROM sqlite_master WHERE name = 'migrations'");
  return table !== undefined && !(await writer.showMigrations());
}

class SqliteDatabase extends SqlReader implements Database {
  readonly #gate = new WriteGate();
  readonly #transaction: SqlTransaction;

  constructor(
    private readonly writer: DataSource,
    private readonly reader: DataSource,
  ) {
    super(runOn(reader.createQueryRunner()));
    this.#transaction = new SqlTransaction(runOn(writer.createQueryRunner()));
  }

  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const transaction = this.#transaction;
    return this.#gate.pass(async () => {
      // IMMEDIATE takes the write lock at once: several processes may share the file, and a read that is later
      // upgraded to a write fails there instead of waiting.
      await transaction.run(BEGIN);
      try {
        const result = await work(transaction);
        await transaction.run(COMMIT);
        return result;
      } catch (error) {
        await transaction.run(ROLLBACK).catch(() => undefined); // the first error says more than a failed rollback
        throw error;
      }
    });
  }

  /** The statements alone keep the tenants apart. */
  of(): Reader {
    return this;
  }

  get acrossTenants(): Reader {
    return this;
  }

  async outboxPage({ after, before, limit }: OutboxPage): Promise<OutboxRow[]> {
    return (await this.read(OUTBOX_PAGE, after, before, limit)).map((row) => OutboxRow.parse(row));
  }

  async close(): Promise<void> {
    await this.#gate.pass(async () => {
      await this.reader.destroy();
      await this.writer.destroy();
    });
  }
}

const BEGIN = statement('BEGIN IMMEDIATE');
const COMMIT = statement('COMMIT');
const ROLLBACK = statement('ROLLBACK');

const runOn =
  (runner: QueryRunner): Sql['run'] =>
  async ({ sqlite }, ...parameters) => {
    const raw: unknown = await runner.query(sqlite, parameters.length > 0 ? [named(parameters)] : []);
    // A statement that returns no rows answers with a row id instead of a list.
    return isRows(raw) ? raw : [];
  };

/** better-sqlite3 takes `$1` for a parameter that is named "1". */
function named(parameters: readonly Parameter[]): Record<number, unknown> {
  const values: Record<number, unknown> = {};
  for (const [at, parameter] of parameters.entries()) values[at + 1] = stored(parameter);
  return values;
}

function stored(parameter: Parameter): unknown {
  if (Array.isArray(parameter)) return JSON.stringify(parameter);
  // A plain number would be bound as a real one, which is another type to `->>` and to a column without a type.
  return Number.isSafeInteger(parameter) ? BigInt(Number(parameter)) : parameter;
}

const isRows = (raw: unknown): raw is RawRow[] => Array.isArray(raw);

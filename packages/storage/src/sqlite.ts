import type BetterSqlite3 from 'better-sqlite3';
import { DataSource, type QueryRunner } from 'typeorm';
import type { Database, RawRow, Reader, Sql } from './database.js';
import type { Migrations } from './migrations.js';
import { WriteGate } from './write-gate.js';

/** How long a write waits for that of another process before it fails with SQLITE_BUSY. */
const BUSY_MS = 10_000;

/**
 * Opens a database file and brings its tables up to date. WAL lets queries read while a transaction writes;
 * `synchronous=FULL` makes a commit survive a power cut: durability is not for sale.
 */
export async function openSqlite(file: string, migrations: Migrations): Promise<Database> {
  const writer = await new DataSource({
    type: 'better-sqlite3',
    database: file,
    migrations: [...migrations],
    timeout: BUSY_MS,
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
    timeout: BUSY_MS,
  }).initialize();
  return new SqliteDatabase(writer, reader);
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

class SqliteDatabase implements Database {
  readonly #gate = new WriteGate();
  readonly #write: Sql;
  readonly #committed: Sql;

  constructor(
    private readonly writer: DataSource,
    private readonly reader: DataSource,
  ) {
    this.#write = sqlOn(writer.createQueryRunner());
    this.#committed = sqlOn(reader.createQueryRunner());
  }

  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#gate.pass(async () => {
      // IMMEDIATE takes the write lock at once: several processes may share the file, and a read that is later
      // upgraded to a write fails there instead of waiting.
      await this.#write.run('BEGIN IMMEDIATE');
      try {
        const result = await work(this.#write);
        await this.#write.run('COMMIT');
        return result;
      } catch (error) {
        await this.#write.run('ROLLBACK').catch(() => undefined); // the first error tells more than a failed rollback
        throw error;
      }
    });
  }

  read(statement: string, parameter?: unknown): Promise<RawRow[]> {
    return this.#committed.run(statement, parameter);
  }

  /** The statement alone keeps the tenants apart. */
  of(): Reader {
    return this;
  }

  get acrossTenants(): Reader {
    return this;
  }

  async close(): Promise<void> {
    await this.#gate.pass(async () => {
      await this.reader.destroy();
      await this.writer.destroy();
    });
  }
}

function sqlOn(runner: QueryRunner): Sql {
  return {
    async run(statement, parameter) {
      // better-sqlite3 takes a numbered parameter for one named "1".
      const parameters = parameter === undefined ? [] : [{ 1: JSON.stringify(parameter) }];
      const raw: unknown = await runner.query(statement, parameters);
      // A statement that returns no rows answers with a row id instead of a list.
      return isRows(raw) ? raw : [];
    },
  };
}

const isRows = (raw: unknown): raw is RawRow[] => Array.isArray(raw);

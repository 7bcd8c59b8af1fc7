import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '@comanda/kit';
import BetterSqlite3 from 'better-sqlite3';
import type { Migrations } from '../migration.js';
import { type OutboxPage, OutboxRow } from '../outbox-row.js';
import { SqlReader } from '../sql-reader.js';
import { SqlTransaction } from '../sql-transaction.js';
import { statement } from '../statement.js';
import { OUTBOX_PAGE } from '../statements/outbox.sql.js';
import type { Database, DatabaseOptions, Reader, Transaction } from '../store.js';
import { WriteGate } from '../write-gate.js';
import { BUSY_MS, isBusy, keepDurable, prepareFile } from './prepare-file.js';
import { runOn } from './run-on.js';

/** Opens a database file and brings its tables up to date: one connection that writes, one that reads. */
export async function openSqlite(
  file: string,
  migrations: Migrations,
  logger?: Pick<Logger, 'warn'>,
  options: DatabaseOptions = {},
): Promise<Database> {
  await prepareFile(file, migrations, logger);
  // What waits for another process waits beside everything else (`#begin`), not inside SQLite, where nothing else runs.
  const writer = new BetterSqlite3(file, { timeout: 0 });
  await keepDurable(writer);
  return new SqliteDatabase(writer, new BetterSqlite3(file, { readonly: true, timeout: BUSY_MS }), options);
}

class SqliteDatabase extends SqlReader implements Database {
  readonly #gate = new WriteGate();
  readonly #transaction: SqlTransaction;

  constructor(
    private readonly writer: BetterSqlite3.Database,
    private readonly reader: BetterSqlite3.Database,
    { keepConfirmed }: DatabaseOptions,
  ) {
    super(runOn(reader));
    const run = runOn(writer);
    this.#transaction = new SqlTransaction(run, run, keepConfirmed);
  }

  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const transaction = this.#transaction;
    return this.#gate.pass(async () => {
      await this.#begin();
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

  /**
   * IMMEDIATE takes the write lock at once: several processes may share the file, and a read that is later upgraded to a
   * write fails there instead of waiting.
   */
  async #begin(): Promise<void> {
    const until = performance.now() + BUSY_MS;
    for (let pauseMs = 1; ; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
      try {
        await this.#transaction.run(BEGIN);
        return;
      } catch (error) {
        if (!isBusy(error) || performance.now() > until) throw error;
      }
      await pause(pauseMs);
    }
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
      this.reader.close();
      this.writer.close();
    });
  }
}

/** The longest pause before another process is asked again whether it has finished its write. */
const MAX_PAUSE_MS = 20;

const BEGIN = statement('BEGIN IMMEDIATE');
const COMMIT = statement('COMMIT');
const ROLLBACK = statement('ROLLBACK');

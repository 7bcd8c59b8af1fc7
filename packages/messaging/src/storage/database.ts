import type { DataSource, QueryRunner } from 'typeorm';
import { WriteGate } from './write-gate.js';

/** Rows as the driver gives them; whoever asked parses them. */
export type RawRow = Record<string, unknown>;

/** One statement with at most one parameter, written `?1`: a JSON text, so that a batch of any size is one round trip. */
export interface Sql {
  run(statement: string, parameter?: unknown): Promise<RawRow[]>;
}

/**
 * A service's database: writes in transactions through one gate, reads on a connection of their own, so that a
 * query never sees what a transaction has not committed.
 */
export class Database {
  readonly #gate = new WriteGate();
  readonly #write: Sql;
  /** What is committed; statements that change something fail here. */
  readonly committed: Sql;

  constructor(
    private readonly writer: DataSource,
    private readonly reader: DataSource,
  ) {
    this.#write = sqlOn(writer.createQueryRunner());
    this.committed = sqlOn(reader.createQueryRunner());
  }

  /** Runs `work` in one transaction; whatever it throws undoes everything and is thrown on. */
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

  /** Reads what is committed. */
  read(statement: string, parameter?: unknown): Promise<RawRow[]> {
    return this.committed.run(statement, parameter);
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

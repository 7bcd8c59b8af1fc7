import type { MigrationInterface, QueryRunner } from 'typeorm';
import { z } from 'zod';

/** What a migration takes away from programs that were released before it. */
export interface Contraction {
  /** The first release that does without all of it: older ones are refused on these tables. */
  readonly since: string;
  /** What is taken away, as `npm test` names it: `orders.note`, or `notes` for a whole table. */
  readonly takes: readonly string[];
}

export interface Migration extends MigrationInterface {
  /** None: older programs live on with the tables that it makes. */
  readonly contraction?: Contraction;
}

/** In the order in which they run; never change one that was released. */
export type Migrations = readonly (new () => Migration)[];

/** The words of a table's definition in which the two databases differ. */
export interface Words {
  /**
   * A column of text, compared by its bytes on both: the order of a page, and its cursor, must not depend on where the
   * server stands.
   */
  readonly text: string;
  readonly integer: string;
  /** The column that numbers the rows in the order in which they are added, the primary key at the same time. */
  readonly identity: string;
  /** Stands behind the definition of a table whose rows are found by their primary key. */
  readonly withoutRowid: string;
}

const SQLITE: Words = {
  text: 'TEXT',
  integer: 'INTEGER',
  identity: 'INTEGER PRIMARY KEY AUTOINCREMENT',
  withoutRowid: 'WITHOUT ROWID',
};

const POSTGRES: Words = {
  text: 'TEXT COLLATE "C"',
  integer: 'BIGINT',
  identity: 'BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY',
  withoutRowid: '',
};

/** Rows that a migration looks at: these columns, and the primary key. */
export interface LookedAt {
  readonly table: string;
  readonly key: readonly string[];
  readonly columns: readonly string[];
  /** Which rows; all of them when left out. */
  readonly where?: string;
}

/** For what SQL can't do: the rules of a text, for example, are the same on both databases only outside of them. */
export interface Rows {
  /** Each row once, in the order of their keys, a page at a time. */
  each(rows: LookedAt): AsyncIterable<Readonly<Record<string, unknown>>>;
  /** Runs a statement with its parameters `$1`, `$2` ... */
  run(sql: string, ...parameters: readonly (string | null)[]): Promise<void>;
  /** Says something to the operators: a line of the service's log. */
  warn(message: string): void;
}

/**
 * Declares a migration, whose statements run in this order; programs of the release before must live on with what it makes
 * (docs/upgrades.md). It is never undone: to go back, an operator starts the program of the release before.
 *
 * @param name ends with a time in milliseconds, by which TypeORM puts the migrations in order
 * @param look at rows after these statements, in the same transaction
 */
export function createMigration(
  name: string,
  statements: (words: Words) => readonly string[],
  look: (rows: Rows) => Promise<void> = async () => undefined,
): new () => Migration {
  return class implements MigrationInterface {
    readonly name = name;

    async up(runner: QueryRunner): Promise<void> {
      const words = runner.dataSource.options.type === 'postgres' ? POSTGRES : SQLITE;
      for (const statement of statements(words)) await runner.query(statement);
      await look(rowsOf(runner));
    }

    down(): Promise<void> {
      return Promise.reject(
        new Error(`${name} is not undone: start the release before, which lives with it`),
      );
    }
  };
}

/**
 * Declares a migration that takes away what releases before `since` use. What came with it writes it down in the
 * database, so that such a program refuses to start there instead of failing later.
 *
 * @param name as of `createMigration`
 */
export function createContraction(
  name: string,
  contraction: Contraction,
  statements: (words: Words) => readonly string[],
): new () => Migration {
  const Expansion = createMigration(name, statements, (rows) =>
    rows.run('INSERT INTO contractions (migration, since) VALUES ($1, $2)', name, contraction.since),
  );
  return class extends Expansion {
    override readonly contraction = contraction;
  };
}

const PAGE = 1_000;

function rowsOf(runner: QueryRunner): Rows {
  const { type } = runner.dataSource.options;
  const query = (sql: string, parameters: readonly unknown[]) =>
    // better-sqlite3 takes `$1` for a parameter that is named "1".
    runner.query(
      sql,
      type === 'postgres' || parameters.length === 0
        ? [...parameters]
        : [Object.fromEntries(parameters.map((parameter, at) => [at + 1, parameter]))],
    );
  return {
    async *each({ table, key, columns, where = 'true' }) {
      const keys = key.join(', ');
      const marks = key.map((_, at) => `$${at + 1}`).join(', ');
      for (let last: readonly unknown[] | undefined; ; ) {
        const behind = last ? `(${keys}) > (${marks})` : 'true';
        const sql = `SELECT ${[...key, ...columns].join(', ')} FROM ${table} WHERE (${where}) AND ${behind} ORDER BY ${keys} LIMIT ${PAGE}`;
        const page = Page.parse(await query(sql, last ?? []));
        yield* page;
        const end = page.at(-1);
        if (!end || page.length < PAGE) return;
        last = key.map((column) => end[column]);
      }
    },
    async run(sql, ...parameters) {
      await query(sql, parameters);
    },
    warn: (message) => runner.dataSource.logger.log('warn', message, runner),
  };
}

const Page = z.array(z.record(z.string(), z.unknown()));

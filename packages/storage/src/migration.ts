import type { MigrationInterface, QueryRunner } from 'typeorm';

/** In the order in which they run; never change one that was released. */
export type Migrations = readonly (new () => MigrationInterface)[];

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

/**
 * Declares a migration, whose statements run in this order. It is never undone: to go back, an operator restores a backup.
 *
 * @param name ends with a time in milliseconds, by which TypeORM puts the migrations in order
 */
export function createMigration(
  name: string,
  statements: (words: Words) => readonly string[],
): new () => MigrationInterface {
  return class implements MigrationInterface {
    readonly name = name;

    async up(runner: QueryRunner): Promise<void> {
      const words = runner.dataSource.options.type === 'postgres' ? POSTGRES : SQLITE;
      for (const statement of statements(words)) await runner.query(statement);
    }

    down(): Promise<void> {
      return Promise.reject(new Error(`${name} is not undone: restore a backup`));
    }
  };
}

import type { Migrations } from '@comanda/storage';

/** A migration that runs these statements. TypeORM knows it by its name, which ends with a time in milliseconds. */
export const migrationOf = (name: string, ...statements: readonly string[]): Migrations[number] =>
  class {
    readonly name = name;

    async up(runner: { query(statement: string): Promise<unknown> }): Promise<void> {
      for (const statement of statements) await runner.query(statement);
    }

    async down(): Promise<void> {
      throw new Error('migrations of tests are not taken back');
    }
  };

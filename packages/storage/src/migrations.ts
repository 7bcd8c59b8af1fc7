import type { MigrationInterface, QueryRunner } from 'typeorm';
import { definedOnPostgres } from './postgres-dialect.js';

/** In the order in which they run; never change one that was released. */
export type Migrations = readonly (new () => MigrationInterface)[];

/** The same migrations with their statements translated; their names, by which TypeORM knows them, stay. */
export const migrationsOnPostgres = (migrations: Migrations): Migrations =>
  migrations.map(
    (Migration) =>
      class implements MigrationInterface {
        readonly #migration = new Migration();
        readonly name = this.#migration.name ?? Migration.name;

        up(runner: QueryRunner): Promise<void> {
          return this.#migration.up(translating(runner));
        }

        down(runner: QueryRunner): Promise<void> {
          return this.#migration.down(translating(runner));
        }
      },
  );

const translating = (runner: QueryRunner): QueryRunner =>
  new Proxy(runner, {
    get(target, property) {
      if (property === 'query') return (statement: string) => target.query(definedOnPostgres(statement));
      return Reflect.get(target, property, target);
    },
  });

import type { Migrations } from '@comanda/storage';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Each list of letters is read by an index: of a tenant, of a tenant and a type, of all. */
class DeadLetterTable1760000000001 implements MigrationInterface {
  readonly name = 'DeadLetterTable1760000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE dead_letters (
         tenant_id TEXT NOT NULL, message_id TEXT NOT NULL, death TEXT NOT NULL, died_at TEXT NOT NULL, type TEXT,
         cause TEXT NOT NULL, correlation_id TEXT, source TEXT, expires_at TEXT, size INTEGER NOT NULL,
         copies INTEGER NOT NULL, properties TEXT NOT NULL, body_base64 TEXT NOT NULL, left_at TEXT,
         PRIMARY KEY (tenant_id, message_id))`,
    );
    for (const [name, columns] of [
      ['dead_letters_of_tenant', 'tenant_id, died_at, message_id'],
      ['dead_letters_of_type', 'tenant_id, type, died_at, message_id'],
      ['dead_letters_by_death', 'died_at, message_id'],
    ])
      await runner.query(`CREATE INDEX ${name} ON dead_letters (${columns}) WHERE left_at IS NULL`);
    await runner.query(
      'CREATE INDEX dead_letters_that_left ON dead_letters (left_at) WHERE left_at IS NOT NULL',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE dead_letters');
  }
}

/** The tables of this package; they run before a service's own. */
export const OPERATIONS_MIGRATIONS: Migrations = [DeadLetterTable1760000000001];

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** All that the gateway keeps: who may log in, and what was answered to requests with an Idempotency-Key. */
export class AccountsAndIdempotencyKeys1760000001000 implements MigrationInterface {
  readonly name = 'AccountsAndIdempotencyKeys1760000001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE accounts (
         tenant_id TEXT NOT NULL, account_id TEXT NOT NULL, email TEXT NOT NULL, password_hash TEXT NOT NULL,
         role TEXT NOT NULL, created_at TEXT NOT NULL,
         PRIMARY KEY (tenant_id, account_id), UNIQUE (tenant_id, email)) WITHOUT ROWID`,
    );
    await runner.query(
      `CREATE TABLE idempotency_keys (
         tenant_id TEXT NOT NULL, caller TEXT NOT NULL, route TEXT NOT NULL, key TEXT NOT NULL,
         body_hash TEXT NOT NULL, status TEXT NOT NULL CHECK (status IN ('in-flight', 'done')), response TEXT,
         created_at TEXT NOT NULL, PRIMARY KEY (tenant_id, caller, route, key)) WITHOUT ROWID`,
    );
    await runner.query('CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['idempotency_keys', 'accounts']) await runner.query(`DROP TABLE ${table}`);
  }
}

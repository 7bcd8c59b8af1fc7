import type { MigrationInterface, QueryRunner } from 'typeorm';

class Payments1760000003000 implements MigrationInterface {
  readonly name = 'Payments1760000003000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE payments (
         tenant_id TEXT NOT NULL, order_id TEXT NOT NULL, payment_id TEXT NOT NULL UNIQUE,
         status TEXT NOT NULL CHECK (status IN ('PENDING', 'COMPLETED', 'FAILED', 'REFUNDED', 'VOID')), unwanted INTEGER NOT NULL,
         amount INTEGER NOT NULL CHECK (amount >= 0), currency TEXT NOT NULL, provider TEXT NOT NULL, method TEXT, reference TEXT,
         refunded_amount INTEGER NOT NULL CHECK (refunded_amount BETWEEN 0 AND amount), failure_code TEXT, failure_reason TEXT,
         sequence INTEGER NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
         PRIMARY KEY (tenant_id, order_id)) WITHOUT ROWID`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE payments');
  }
}

export const migrations = [Payments1760000003000];

import type { MigrationInterface, QueryRunner } from 'typeorm';

class Payments1760000003000 implements MigrationInterface {
  readonly name = 'Payments1760000003000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE payments (
         tenant_id TEXT NOT NULL, order_id TEXT NOT NULL, payment_id TEXT NOT NULL UNIQUE,
         status TEXT NOT NULL CHECK (status IN ('PENDING', 'COMPLETED', 'FAILED', 'REFUNDED', 'VOID')), refund_on_capture INTEGER NOT NULL,
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

/**
 * Refunds become rows of their own. Those that are under way are taken over from the work that does them; one that was
 * over before is known by its payment's id, since nobody kept its own.
 */
class Refunds1763900003000 implements MigrationInterface {
  readonly name = 'Refunds1763900003000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE payments ADD COLUMN refunding_amount INTEGER NOT NULL DEFAULT 0
         CHECK (refunding_amount >= 0 AND refunded_amount + refunding_amount <= amount)`,
    );
    await runner.query(
      `CREATE TABLE refunds (
         tenant_id TEXT NOT NULL, order_id TEXT NOT NULL, refund_id TEXT NOT NULL,
         cause TEXT NOT NULL CHECK (cause IN ('request', 'undo')),
         status TEXT NOT NULL CHECK (status IN ('PENDING', 'REFUNDED', 'FAILED')),
         amount INTEGER NOT NULL CHECK (amount > 0), refusals INTEGER NOT NULL, reference TEXT, failure_code TEXT,
         created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
         PRIMARY KEY (tenant_id, order_id, refund_id)) WITHOUT ROWID`,
    );
    const insert = `INSERT INTO refunds
      (tenant_id, order_id, refund_id, cause, status, amount, refusals, reference, failure_code, created_at, updated_at)`;
    await runner.query(
      `${insert} SELECT tenant_id, order_id, payment_id, 'undo', 'REFUNDED', refunded_amount, 0, NULL, NULL, updated_at, updated_at
       FROM payments WHERE refunded_amount > 0`,
    );
    await runner.query(
      `${insert} SELECT p.tenant_id, p.order_id, w.id, 'undo', 'PENDING', p.amount, 0, NULL, NULL, p.updated_at, p.updated_at
       FROM work w JOIN payments p ON p.tenant_id = w.tenant_id AND w.payload = '{"orderId":"' || p.order_id || '"}'
       WHERE w.kind = 'refund' AND p.status = 'COMPLETED'`,
    );
    await runner.query(
      `UPDATE payments SET refunding_amount = amount WHERE EXISTS (
         SELECT 1 FROM refunds r WHERE r.tenant_id = payments.tenant_id AND r.order_id = payments.order_id AND r.status = 'PENDING')`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE refunds');
    await runner.query('ALTER TABLE payments DROP COLUMN refunding_amount');
  }
}

export const migrations = [Payments1760000003000, Refunds1763900003000];

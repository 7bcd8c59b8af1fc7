import type { MigrationInterface, QueryRunner } from 'typeorm';

class Orders1760000001000 implements MigrationInterface {
  readonly name = 'Orders1760000001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE orders (
         tenant_id TEXT NOT NULL, order_id TEXT NOT NULL, customer_id TEXT NOT NULL,
         status TEXT NOT NULL CHECK (status IN ('PENDING', 'AWAITING_PAYMENT', 'CONFIRMED', 'REJECTED', 'CANCELLED', 'FULFILLED')),
         items TEXT NOT NULL, total_amount INTEGER NOT NULL CHECK (total_amount >= 0), currency TEXT NOT NULL,
         refunded_amount INTEGER NOT NULL CHECK (refunded_amount BETWEEN 0 AND total_amount),
         payment_method TEXT, payment_id TEXT, failure_code TEXT, failure_reason TEXT,
         sequence INTEGER NOT NULL, stock_committed_at TEXT, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
         PRIMARY KEY (tenant_id, order_id)) WITHOUT ROWID`,
    );
    await runner.query('CREATE INDEX orders_by_time ON orders (tenant_id, created_at, order_id)');
    await runner.query(
      'CREATE INDEX orders_by_customer ON orders (tenant_id, customer_id, created_at, order_id)',
    );
    await runner.query(
      `CREATE TABLE order_timeline (
         position INTEGER PRIMARY KEY AUTOINCREMENT, tenant_id TEXT NOT NULL, order_id TEXT NOT NULL, message_id TEXT NOT NULL,
         at TEXT NOT NULL, service TEXT NOT NULL, type TEXT NOT NULL, causation_id TEXT, detail TEXT NOT NULL,
         UNIQUE (tenant_id, order_id, message_id))`,
    );
    await runner.query(
      `CREATE TABLE prices (
         tenant_id TEXT NOT NULL, product_id TEXT NOT NULL, price INTEGER NOT NULL, currency TEXT NOT NULL,
         active INTEGER NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (tenant_id, product_id)) WITHOUT ROWID`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['prices', 'order_timeline', 'orders']) await runner.query(`DROP TABLE ${table}`);
  }
}

/** Finds the steps that are old enough to go. */
class TimelineByAge1763800001000 implements MigrationInterface {
  readonly name = 'TimelineByAge1763800001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX order_timeline_by_age ON order_timeline (at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX order_timeline_by_age');
  }
}

/** Refunds that staff ask for. */
class RefundRequests1763900001000 implements MigrationInterface {
  readonly name = 'RefundRequests1763900001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE orders ADD COLUMN refunding_amount INTEGER NOT NULL DEFAULT 0 CHECK (refunding_amount >= 0)',
    );
    await runner.query(
      `CREATE TABLE refund_requests (
         tenant_id TEXT NOT NULL, order_id TEXT NOT NULL, request_id TEXT NOT NULL,
         amount INTEGER NOT NULL CHECK (amount > 0), reason TEXT NOT NULL,
         status TEXT NOT NULL CHECK (status IN ('REQUESTED', 'REFUNDED', 'FAILED')), failure_code TEXT,
         created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
         PRIMARY KEY (tenant_id, order_id, request_id)) WITHOUT ROWID`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE refund_requests');
    await runner.query('ALTER TABLE orders DROP COLUMN refunding_amount');
  }
}

export const migrations = [Orders1760000001000, TimelineByAge1763800001000, RefundRequests1763900001000];

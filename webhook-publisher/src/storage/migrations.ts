import type { MigrationInterface, QueryRunner } from 'typeorm';

class Webhooks1760000004000 implements MigrationInterface {
  readonly name = 'Webhooks1760000004000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE subscriptions (
         tenant_id TEXT NOT NULL, subscription_id TEXT NOT NULL, channel TEXT NOT NULL, target TEXT NOT NULL,
         event_types TEXT NOT NULL, description TEXT, enabled INTEGER NOT NULL, disabled_reason TEXT, deleted INTEGER NOT NULL,
         secrets TEXT, failing_since INTEGER, sequence INTEGER NOT NULL, created_at TEXT NOT NULL,
         PRIMARY KEY (tenant_id, subscription_id)) WITHOUT ROWID`,
    );
    await runner.query(
      `CREATE TABLE events (
         tenant_id TEXT NOT NULL, event_id TEXT NOT NULL, type TEXT NOT NULL, order_id TEXT, body TEXT NOT NULL,
         created_at TEXT NOT NULL, PRIMARY KEY (tenant_id, event_id)) WITHOUT ROWID`,
    );
    await runner.query(
      `CREATE TABLE deliveries (
         tenant_id TEXT NOT NULL, delivery_id TEXT NOT NULL, subscription_id TEXT NOT NULL, event_id TEXT NOT NULL,
         event_type TEXT NOT NULL, order_id TEXT, status TEXT NOT NULL CHECK (status IN ('PENDING', 'DELIVERED', 'FAILED', 'DROPPED')),
         next_attempt_at TEXT, created_at TEXT NOT NULL, PRIMARY KEY (tenant_id, delivery_id)) WITHOUT ROWID`,
    );
    await runner.query('CREATE INDEX deliveries_by_time ON deliveries (tenant_id, created_at, delivery_id)');
    await runner.query(
      'CREATE INDEX deliveries_by_order ON deliveries (tenant_id, order_id) WHERE order_id IS NOT NULL',
    );
    await runner.query(
      `CREATE TABLE attempts (
         tenant_id TEXT NOT NULL, delivery_id TEXT NOT NULL, attempt_id TEXT NOT NULL, at TEXT NOT NULL, status_code INTEGER,
         duration_ms INTEGER NOT NULL, response_body TEXT, error TEXT,
         PRIMARY KEY (tenant_id, delivery_id, attempt_id)) WITHOUT ROWID`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['attempts', 'deliveries', 'events', 'subscriptions'])
      await runner.query(`DROP TABLE ${table}`);
  }
}

/** Finds what is old enough to go, and whether a delivery still needs an event. */
class HistoryByAge1763800004000 implements MigrationInterface {
  readonly name = 'HistoryByAge1763800004000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX deliveries_by_age ON deliveries (created_at)');
    await runner.query('CREATE INDEX deliveries_by_event ON deliveries (tenant_id, event_id)');
    await runner.query('CREATE INDEX events_by_age ON events (created_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const index of ['events_by_age', 'deliveries_by_event', 'deliveries_by_age'])
      await runner.query(`DROP INDEX ${index}`);
  }
}

export const migrations = [Webhooks1760000004000, HistoryByAge1763800004000];

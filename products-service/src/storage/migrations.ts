import type { MigrationInterface, QueryRunner } from 'typeorm';

class Products1760000002000 implements MigrationInterface {
  readonly name = 'Products1760000002000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE products (
         tenant_id TEXT NOT NULL, product_id TEXT NOT NULL, sku TEXT NOT NULL, name TEXT NOT NULL,
         price INTEGER NOT NULL CHECK (price >= 0), currency TEXT NOT NULL, active INTEGER NOT NULL,
         low_stock_threshold INTEGER, sequence INTEGER NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
         PRIMARY KEY (tenant_id, product_id)) WITHOUT ROWID`,
    );
    await runner.query('CREATE INDEX products_by_name ON products (tenant_id, name, product_id)');
    await runner.query(
      `CREATE TABLE product_skus (
         tenant_id TEXT NOT NULL, sku TEXT NOT NULL, product_id TEXT NOT NULL,
         PRIMARY KEY (tenant_id, sku)) WITHOUT ROWID`,
    );
    await runner.query(
      `CREATE TABLE stock (
         tenant_id TEXT NOT NULL, product_id TEXT NOT NULL,
         available INTEGER NOT NULL CHECK (available >= 0), reserved INTEGER NOT NULL CHECK (reserved >= 0),
         sold INTEGER NOT NULL CHECK (sold >= 0), PRIMARY KEY (tenant_id, product_id)) WITHOUT ROWID`,
    );
    await runner.query(
      `CREATE TABLE movements (
         tenant_id TEXT NOT NULL, movement_id TEXT NOT NULL, product_id TEXT NOT NULL, at TEXT NOT NULL, delta INTEGER NOT NULL,
         reason TEXT NOT NULL, order_id TEXT, actor TEXT NOT NULL, before INTEGER NOT NULL, after INTEGER NOT NULL,
         CHECK (after = before + delta), PRIMARY KEY (tenant_id, movement_id)) WITHOUT ROWID`,
    );
    await runner.query('CREATE INDEX movements_by_product ON movements (tenant_id, product_id, movement_id)');
    await runner.query(
      `CREATE TABLE reservations (
         tenant_id TEXT NOT NULL, order_id TEXT NOT NULL, reservation_id TEXT NOT NULL,
         status TEXT NOT NULL CHECK (status IN ('HELD', 'COMMITTED', 'RELEASED', 'EXPIRED', 'REFUSED', 'FORESTALLED')),
         items TEXT NOT NULL, expires_at TEXT NOT NULL, sequence INTEGER NOT NULL, updated_at TEXT NOT NULL,
         PRIMARY KEY (tenant_id, order_id)) WITHOUT ROWID`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['reservations', 'movements', 'stock', 'product_skus', 'products'])
      await runner.query(`DROP TABLE ${table}`);
  }
}

class Adjustments1763800000000 implements MigrationInterface {
  readonly name = 'Adjustments1763800000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE adjustments (
         tenant_id TEXT NOT NULL, adjustment_id TEXT NOT NULL, product_id TEXT NOT NULL,
         PRIMARY KEY (tenant_id, adjustment_id)) WITHOUT ROWID`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE adjustments');
  }
}

export const migrations = [Products1760000002000, Adjustments1763800000000];

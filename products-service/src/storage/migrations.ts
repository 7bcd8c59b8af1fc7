import type { MigrationInterface, QueryRunner } from 'typeorm';
import { z } from 'zod';
import { searchable } from '../domain/product.js';

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
         status TEXT NOT NULL CHECK (status IN ('HELD', 'COMMITTED', 'RELEASED', 'EXPIRED', 'REFUSED', 'ENDED_BEFORE_RESERVED')),
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

/**
 * What changes with stock stands with stock: threshold and number of events, so that an order which takes the last
 * units needs no other row to say so; and the number of movements, which puts these into the order in which they
 * happened.
 */
class StockTells1763900000000 implements MigrationInterface {
  readonly name = 'StockTells1763900000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const column of [
      'low_stock_threshold INTEGER',
      'moves INTEGER NOT NULL DEFAULT 0',
      'sequence INTEGER NOT NULL DEFAULT 0',
      `told_at TEXT NOT NULL DEFAULT ''`,
    ])
      await runner.query(`ALTER TABLE stock ADD COLUMN ${column}`);
    await runner.query('ALTER TABLE movements ADD COLUMN position INTEGER NOT NULL DEFAULT 0');
    await runner.query(
      `UPDATE stock SET low_stock_threshold = p.low_stock_threshold, sequence = p.sequence, told_at = p.updated_at
       FROM products p WHERE p.tenant_id = stock.tenant_id AND p.product_id = stock.product_id`,
    );
    await runner.query(
      `UPDATE movements SET position = o.nth FROM (
         SELECT tenant_id, movement_id, row_number() OVER (PARTITION BY tenant_id, product_id ORDER BY movement_id) AS nth
         FROM movements) o
       WHERE o.tenant_id = movements.tenant_id AND o.movement_id = movements.movement_id`,
    );
    await runner.query(
      `UPDATE stock SET moves = o.moves FROM (
         SELECT tenant_id, product_id, count(*) AS moves FROM movements GROUP BY tenant_id, product_id) o
       WHERE o.tenant_id = stock.tenant_id AND o.product_id = stock.product_id`,
    );
    await runner.query('ALTER TABLE products DROP COLUMN low_stock_threshold');
    await runner.query('ALTER TABLE products DROP COLUMN sequence');
    await runner.query('DROP INDEX movements_by_product');
    await runner.query(
      'CREATE UNIQUE INDEX movements_in_order ON movements (tenant_id, product_id, position)',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX movements_in_order');
    await runner.query('CREATE INDEX movements_by_product ON movements (tenant_id, product_id, movement_id)');
    await runner.query('ALTER TABLE products ADD COLUMN low_stock_threshold INTEGER');
    await runner.query('ALTER TABLE products ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0');
    await runner.query(
      `UPDATE products SET low_stock_threshold = s.low_stock_threshold, sequence = s.sequence
       FROM stock s WHERE s.tenant_id = products.tenant_id AND s.product_id = products.product_id`,
    );
    await runner.query('ALTER TABLE movements DROP COLUMN position');
    for (const column of ['told_at', 'sequence', 'moves', 'low_stock_threshold'])
      await runner.query(`ALTER TABLE stock DROP COLUMN ${column}`);
  }
}

const Named = z.array(
  z.object({ tenant_id: z.string(), product_id: z.string(), name: z.string(), sku: z.string() }),
);
const quoted = (text: string): string => `'${text.replaceAll("'", "''").replaceAll('\u0000', '')}'`;

/**
 * What a search looks at, in letters of one case. And a SKU is of one product also when two processes make two at the
 * same moment.
 */
class SearchText1763900001000 implements MigrationInterface {
  readonly name = 'SearchText1763900001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE products ADD COLUMN search_text TEXT NOT NULL DEFAULT ''`);
    const products = Named.parse(await runner.query('SELECT tenant_id, product_id, name, sku FROM products'));
    for (const { tenant_id, product_id, name, sku } of products) {
      const text = `${searchable(name)}\n${searchable(sku)}`;
      await runner.query(
        `UPDATE products SET search_text = ${quoted(text)}
         WHERE tenant_id = ${quoted(tenant_id)} AND product_id = ${quoted(product_id)}`,
      );
    }
    await runner.query('CREATE UNIQUE INDEX products_by_sku ON products (tenant_id, sku)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX products_by_sku');
    await runner.query('ALTER TABLE products DROP COLUMN search_text');
  }
}

export const migrations = [
  Products1760000002000,
  Adjustments1763800000000,
  StockTells1763900000000,
  SearchText1763900001000,
];

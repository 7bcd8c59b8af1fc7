import { tellRefusedTexts } from '@comanda/service-kit';
import { createMigration } from '@comanda/storage';
import { z } from 'zod';
import { searchTextOf } from '../domain/product.js';

export const migrations = [
  createMigration('Products1760000002000', ({ text, integer, withoutRowid }) => [
    `CREATE TABLE products (
       tenant_id ${text} NOT NULL, product_id ${text} NOT NULL, sku ${text} NOT NULL, name ${text} NOT NULL,
       price ${integer} NOT NULL CHECK (price >= 0), currency ${text} NOT NULL, active ${integer} NOT NULL,
       search_text ${text} NOT NULL, created_at ${text} NOT NULL, updated_at ${text} NOT NULL,
       PRIMARY KEY (tenant_id, product_id)) ${withoutRowid}`,
    'CREATE INDEX products_by_name ON products (tenant_id, name, product_id)',
    // Two products never have the same SKU, even when two processes create them at the same moment.
    'CREATE UNIQUE INDEX products_by_sku ON products (tenant_id, sku)',
    `CREATE TABLE product_skus (
       tenant_id ${text} NOT NULL, sku ${text} NOT NULL, product_id ${text} NOT NULL,
       PRIMARY KEY (tenant_id, sku)) ${withoutRowid}`,
    // An order writes only this row of a product, so the product's events are counted here (decision 19).
    `CREATE TABLE stock (
       tenant_id ${text} NOT NULL, product_id ${text} NOT NULL,
       available ${integer} NOT NULL CHECK (available >= 0), reserved ${integer} NOT NULL CHECK (reserved >= 0),
       sold ${integer} NOT NULL CHECK (sold >= 0), low_stock_threshold ${integer}, moves ${integer} NOT NULL,
       sequence ${integer} NOT NULL, told_at ${text} NOT NULL,
       PRIMARY KEY (tenant_id, product_id)) ${withoutRowid}`,
    `CREATE TABLE adjustments (
       tenant_id ${text} NOT NULL, adjustment_id ${text} NOT NULL, product_id ${text} NOT NULL,
       PRIMARY KEY (tenant_id, adjustment_id)) ${withoutRowid}`,
    `CREATE TABLE movements (
       tenant_id ${text} NOT NULL, movement_id ${text} NOT NULL, product_id ${text} NOT NULL, position ${integer} NOT NULL,
       at ${text} NOT NULL, delta ${integer} NOT NULL, reason ${text} NOT NULL, order_id ${text}, actor ${text} NOT NULL,
       before ${integer} NOT NULL, after ${integer} NOT NULL, CHECK (after = before + delta),
       PRIMARY KEY (tenant_id, movement_id)) ${withoutRowid}`,
    'CREATE UNIQUE INDEX movements_in_order ON movements (tenant_id, product_id, position)',
    `CREATE TABLE reservations (
       tenant_id ${text} NOT NULL, order_id ${text} NOT NULL, reservation_id ${text} NOT NULL,
       status ${text} NOT NULL CHECK (status IN ('HELD', 'COMMITTED', 'RELEASED', 'EXPIRED', 'REFUSED', 'ENDED_BEFORE_RESERVED')),
       items ${text} NOT NULL, expires_at ${text} NOT NULL, sequence ${integer} NOT NULL, updated_at ${text} NOT NULL,
       PRIMARY KEY (tenant_id, order_id)) ${withoutRowid}`,
  ]),
  // The word of the glossary.
  createMigration('ProductsLastEventAt1764446400000', () => [
    'ALTER TABLE stock RENAME COLUMN told_at TO last_event_at',
  ]),
  // What a search looks for is folded in another way since then.
  createMigration(
    'FoldedSearchTexts1764465000000',
    () => [],
    async (rows) => {
      const key = ['tenant_id', 'product_id'];
      const set = 'UPDATE products SET search_text = $3 WHERE tenant_id = $1 AND product_id = $2';
      for await (const row of rows.each({
        table: 'products',
        key,
        columns: ['sku', 'name', 'search_text'],
      })) {
        const { tenant_id, product_id, search_text, ...product } = Listed.parse(row);
        const folded = searchTextOf(product);
        if (folded !== search_text) await rows.run(set, tenant_id, product_id, folded);
      }
    },
  ),
  createMigration(
    'RefusedTexts1764465001000',
    () => [],
    tellRefusedTexts([
      { table: 'products', key: ['tenant_id', 'product_id'], column: 'name' },
      // Those of orders are words of the books.
      { table: 'movements', key: ['tenant_id', 'movement_id'], column: 'reason', where: 'order_id IS NULL' },
    ]),
  ),
];

const text = z.string();
const Listed = z.object({ tenant_id: text, product_id: text, sku: text, name: text, search_text: text });

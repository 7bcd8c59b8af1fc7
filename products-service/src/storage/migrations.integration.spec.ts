import { EVERY_TENANT, openDatabase } from '@comanda/storage';
import { testDatabaseUrl } from '@comanda/test-kit';
import { useFolder } from '@comanda/test-kit/hooks';
import { expect, test } from '@jest/globals';
import { migrations } from './migrations.js';
import { movements, products, stock } from './tables.js';

const folder = useFolder();

const [NOW, LATER] = ['2026-01-01T12:00:00.000Z', '2026-01-01T13:00:00.000Z'];

test('a catalogue from before the thresholds told anything keeps all that it knew', async () => {
  const url = testDatabaseUrl(folder.file('products.db'));
  const old = await openDatabase(url, migrations.slice(0, 2));
  await old.transaction(async (sql) => {
    for (const [productId, name, sequence, threshold] of [
      ['p1', "Café d'or", 4, 7],
      ['p2', 'Té', 1, null],
    ])
      await sql.run(
        `INSERT INTO products (tenant_id, product_id, sku, name, price, currency, active, low_stock_threshold, sequence, created_at, updated_at)
         SELECT 'default', ?1 ->> 0, 'sku-' || (?1 ->> 0), ?1 ->> 1, 180, 'EUR', 1,
           CAST(?1 ->> 3 AS BIGINT), CAST(?1 ->> 2 AS BIGINT), '${NOW}', '${LATER}'`,
        [productId, name, sequence, threshold],
      );
    await sql.run(
      `INSERT INTO stock (tenant_id, product_id, available, reserved, sold)
       SELECT 'default', value ->> 0, CAST(value ->> 1 AS BIGINT), 0, 0 FROM json_each(?1) WHERE true`,
      [
        ['p1', 6],
        ['p2', 0],
      ],
    );
    await sql.run(
      `INSERT INTO movements (tenant_id, movement_id, product_id, at, delta, reason, actor, before, after)
       SELECT 'default', value ->> 0, 'p1', '${NOW}', CAST(value ->> 2 AS BIGINT) - CAST(value ->> 1 AS BIGINT),
         'counted', 'ana', CAST(value ->> 1 AS BIGINT), CAST(value ->> 2 AS BIGINT)
       FROM json_each(?1) WHERE true`,
      [
        ['m1', 0, 9],
        ['m2', 9, 6],
      ],
    );
  }, EVERY_TENANT);
  await old.close();

  const database = await openDatabase(url, migrations);
  const rows = async (table: string, order: string) =>
    await database.acrossTenants.read(`SELECT * FROM ${table} ORDER BY ${order}`);
  expect(await rows('stock', 'product_id')).toEqual([
    expect.objectContaining({ low_stock_threshold: 7, moves: 2, sequence: 4, told_at: LATER }),
    expect.objectContaining({ low_stock_threshold: null, moves: 0, sequence: 1, told_at: LATER }),
  ]);
  expect(await rows('movements', 'position')).toEqual([
    expect.objectContaining({ movement_id: 'm1', position: 1, before: 0, after: 9 }),
    expect.objectContaining({ movement_id: 'm2', position: 2, before: 9, after: 6 }),
  ]);
  const found = await rows('products', 'product_id');
  expect(found.map((row) => row.search_text)).toEqual(["CAFÉ D'OR\nSKU-P1", 'TÉ\nSKU-P2']);
  // No column is left that nobody writes any more.
  const names = (list: readonly string[]) =>
    list.map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)).sort();
  for (const table of [products, stock, movements]) {
    const [row = {}] = await rows(table.name, 'product_id');
    expect(Object.keys(row).sort()).toEqual(names(table.columns));
  }
  await database.close();
});

test('two products never have the same SKU, also when two processes make them at the same moment', async () => {
  const database = await openDatabase(testDatabaseUrl(folder.file('products.db')), migrations);
  const insert = (productId: string) =>
    database.transaction(
      (sql) =>
        sql.run(
          `INSERT INTO products (tenant_id, product_id, sku, name, price, currency, active, search_text, created_at, updated_at)
         SELECT 'default', ?1 ->> 0, 'TEA', 'Tea', 1, 'EUR', 1, '', '${NOW}', '${NOW}'`,
          [productId],
        ),
      EVERY_TENANT,
    );
  await insert('p1');
  await expect(insert('p2')).rejects.toThrow(/unique/i);
  await database.close();
});

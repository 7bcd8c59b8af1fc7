import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTestDatabase } from '@comanda/test-kit';
import { expect, test } from '@jest/globals';
import { newProduct } from '../domain/product.js';
import { migrations } from './migrations.js';
import { products } from './tables.js';

const NOW = '2026-01-01T12:00:00.000Z';

test('two products never have the same SKU, also when two processes make them at the same moment', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'comanda-products-'));
  const database = await openTestDatabase(join(directory, 'products.db'), migrations);
  const insert = (productId: string) => {
    const fields = { tenantId: 'default', productId, sku: 'TEA', name: 'Tea', price: 1, currency: 'EUR' };
    const tea = newProduct({ ...fields, active: true }, NOW);
    return database.transaction(
      (transaction) => transaction.saveRows(products, [products.encode(tea)]),
      ['default'],
    );
  };
  try {
    await insert('p1');
    await expect(insert('p2')).rejects.toThrow(/unique/i);
  } finally {
    await database.close();
    rmSync(directory, { recursive: true });
  }
});

import { useDatabase } from '@comanda/test-kit/hooks';
import { expect, test } from '@jest/globals';
import { newProduct } from '../domain/product.js';
import { migrations } from './migrations.js';
import { products } from './tables.js';

const database = useDatabase(migrations);

const insert = (productId: string) => {
  const fields = { tenantId: 'default', productId, sku: 'TEA', name: 'Tea', price: 1, currency: 'EUR' };
  const tea = newProduct({ ...fields, active: true }, '2026-01-01T12:00:00.000Z');
  return database.transaction(
    (transaction) => transaction.saveRows(products, [products.encode(tea)]),
    ['default'],
  );
};

test('two products never have the same SKU, also when two processes make them at the same moment', async () => {
  await insert('p1');
  await expect(insert('p2')).rejects.toThrow(/unique/i);
});

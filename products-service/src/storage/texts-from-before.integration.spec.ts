import { BAD_TEXTS } from '@comanda/contracts/some-texts';
import { type Database, type Migrations, openDatabase, statement } from '@comanda/storage';
import { aQuery, testDatabaseUrl } from '@comanda/test-kit';
import { useFolder } from '@comanda/test-kit/hooks';
import { expect, test } from '@jest/globals';
import { newProduct } from '../domain/product.js';
import { noStock } from '../domain/stock.js';
import { listProducts } from '../queries/list-products.js';
import { migrations } from './migrations.js';
import { movements, products, stock } from './tables.js';

const folder = useFolder();
const NOW = '2026-01-01T12:00:00.000Z';
const GOOD = 1_100;
// The others never came as far as a database, or not unchanged.
const BAD = Object.entries(BAD_TEXTS).filter(([what]) => !['NUL', 'half of a surrogate pair'].includes(what));
const OLD: Migrations = migrations.filter((Migration) => !/1764465\d{6}$/.test(new Migration().name ?? ''));

const nameOf = (at: number): string => BAD[at - GOOD]?.[1] ?? `Straße ${at}`;
const productOf = (at: number) => {
  const productId = `p${String(at).padStart(5, '0')}`;
  const fields = { tenantId: at % 2 === 0 ? 'default' : 'anna', productId, sku: `S${at}`, name: nameOf(at) };
  return {
    ...newProduct({ ...fields, price: 1, currency: 'EUR', active: true }, NOW),
    searchText: 'as before',
  };
};
const movement = (position: number, reason: string, orderId: string | null) => ({
  ...{ tenantId: 'default', movementId: `m${position}`, productId: 'p00000', position, at: NOW, delta: 1 },
  ...{ reason, orderId, actor: 'ana', before: position - 1, after: position },
});

/** Opens the database, and what was said in its log while it was brought up to date. */
async function opened(these: Migrations): Promise<{ database: Database; said: string[] }> {
  const said: string[] = [];
  const database = await openDatabase(testDatabaseUrl(folder.file('before.db')), these, {
    warn: (_fields, message) => void said.push(message),
  });
  return { database, said };
}

test('texts that would be refused today are told once, in the log, and stay readable; a search finds all', async () => {
  const before = await opened(OLD);
  const all = Array.from({ length: GOOD + BAD.length }, (_, at) => productOf(at));
  await before.database.transaction(
    async (transaction) => {
      await transaction.saveRows(products, products.encodeAll(all));
      const levels = all.map(({ tenantId, productId }) => noStock(tenantId, productId, NOW));
      await transaction.saveRows(stock, stock.encodeAll(levels));
      const moves = [
        movement(1, 'Counted', null),
        movement(2, '\u3164', null),
        movement(3, 'reserved', 'o1'),
      ];
      await transaction.insertRows(movements, movements.encodeAll(moves));
    },
    ['default', 'anna'],
  );
  await before.database.close();

  const { database, said } = await opened(migrations);
  try {
    expect(said).toHaveLength(2);
    expect(said[0]).toMatch(
      new RegExp(
        `^products.name: ${BAD.length} from before would be refused today, .*; and ${BAD.length - 20} more$`,
      ),
    );
    expect(said[0]).toContain('anna/p01101 must be one line of text');
    expect(said[1]).toBe(
      'movements.reason: 1 from before would be refused today, and stay as they are: default/m2 must hold at least one character that can be seen',
    );
    const names = await database.acrossTenants.read(
      statement('SELECT name FROM products ORDER BY product_id'),
    );
    expect(names.map(({ name }) => name)).toEqual(all.map(({ name }) => name));
    const found = await listProducts.answer(database, aQuery({ q: 'STRASSE 1098', limit: 10 }));
    expect(found).toMatchObject({ ok: true, result: { items: [{ name: 'Straße 1098' }] } });
  } finally {
    await database.close();
  }
  const again = await opened(migrations);
  await again.database.close();
  expect(again.said).toEqual([]);
});

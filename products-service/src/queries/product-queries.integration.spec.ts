import type { Reply } from '@comanda/contracts';
import { aQuery } from '@comanda/test-kit';
import { useDatabase } from '@comanda/test-kit/hooks';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { newProduct } from '../domain/product.js';
import { noStock } from '../domain/stock.js';
import { migrations } from '../storage/migrations.js';
import { movements, products, stock } from '../storage/tables.js';
import { getProduct } from './get-product.js';
import { getProducts } from './get-products.js';
import { listMovements } from './list-movements.js';
import { listProducts } from './list-products.js';
import { listTenants } from './list-tenants.js';
import { readCatalogue } from './read-catalogue.js';

const NOW = '2026-01-01T12:00:00.000Z';
const product = (productId: string, name: string, active = true, tenantId = 'default') =>
  newProduct({ tenantId, productId, sku: `SKU-${name}`, name, price: 180, currency: 'EUR', active }, NOW);
const PRODUCTS = [
  product('p1', 'Tea'),
  product('p2', 'Café', false),
  product('p3', '100% juice'),
  product('p4', 'Cake', true, 'anna'),
];
const movement = (position: number) => ({
  ...{ tenantId: 'default', movementId: `m${position}`, productId: 'p1', position, at: NOW, delta: 1 },
  ...{ reason: 'counted', orderId: null, actor: 'ana', before: position - 1, after: position },
});

const database = useDatabase(migrations);
beforeEach(async () => {
  await database.transaction(
    async (transaction) => {
      await transaction.saveRows(products, products.encodeAll(PRODUCTS));
      const shelves = PRODUCTS.map(({ tenantId, productId }) => ({
        ...noStock(tenantId, productId, NOW),
        ...{ available: 7, sequence: 3 },
      }));
      await transaction.saveRows(stock, stock.encodeAll(shelves));
      await transaction.insertRows(movements, movements.encodeAll([1, 2, 3].map(movement)));
    },
    ['default', 'anna'],
  );
});

/** A page by one field of its items. */
async function page(answered: Promise<Reply>, field: string) {
  const reply = await answered;
  if (!reply.ok) throw new Error(reply.refusal.code);
  const { items, nextCursor } = reply.result as {
    items: Record<string, unknown>[];
    nextCursor: string | null;
  };
  return { items: items.map((item) => item[field]), nextCursor };
}

describe('the catalogue', () => {
  const list = (data: object) => page(listProducts.answer(database, aQuery({ limit: 10, ...data })), 'name');

  test('is listed by name, of one tenant, and goes on where the page before it ended', async () => {
    expect(await list({})).toEqual({ items: ['100% juice', 'Café', 'Tea'], nextCursor: null });
    const first = await list({ limit: 2 });
    expect(first).toEqual({ items: ['100% juice', 'Café'], nextCursor: expect.any(String) });
    expect(await list({ limit: 2, cursor: first.nextCursor })).toEqual({ items: ['Tea'], nextCursor: null });
  });

  test('is searched in any case, and a percent sign is only that', async () => {
    expect((await list({ q: 'caFÉ' })).items).toEqual(['Café']);
    expect((await list({ q: 'sku-t' })).items).toEqual(['Tea']);
    expect((await list({ q: '0%' })).items).toEqual(['100% juice']);
    expect((await list({ active: true })).items).toEqual(['100% juice', 'Tea']);
    expect((await list({ active: false })).items).toEqual(['Café']);
  });

  test('is read by id, with threshold and version', async () => {
    const read = (data: object) => readCatalogue.answer(database, aQuery({ limit: 2, ...data }));
    const first = await page(read({}), 'productId');
    expect(first).toEqual({ items: ['p1', 'p2'], nextCursor: expect.any(String) });
    expect(await read({ cursor: first.nextCursor })).toMatchObject({
      result: {
        items: [{ productId: 'p3', available: 7, lowStockThreshold: null, version: 3 }],
        nextCursor: null,
      },
    });
  });

  test('has the tenants that have a product', async () => {
    expect(await listTenants.answer(database, aQuery({}))).toEqual({
      ok: true,
      result: { items: ['anna', 'default'] },
    });
  });
});

test('a product is shown with what is available; one of another tenant is unknown', async () => {
  const get = (productId: string) => getProduct.answer(database, aQuery({ productId }));
  expect(await get('p2')).toMatchObject({ result: { name: 'Café', active: false, available: 7 } });
  expect(await get('p4')).toMatchObject({ ok: false, refusal: { code: 'UNKNOWN_PRODUCT' } });
});

test('many products are found by one question: those of the tenant that exist', async () => {
  const productIds = ['p3', 'p4', 'nowhere', 'p2', 'p3', ...Array.from({ length: 95 }, (_, at) => `x${at}`)];
  const { items } = await page(getProducts.answer(database, aQuery({ productIds })), 'productId');
  expect(items.toSorted()).toEqual(['p2', 'p3']);
  expect(await getProducts.answer(database, aQuery({ productIds: ['p2'] }))).toMatchObject({
    result: { items: [{ name: 'Café', active: false, available: 7 }] },
  });
  expect(await getProducts.answer(database, aQuery({ productIds: ['nowhere'] }))).toEqual({
    ok: true,
    result: { items: [] },
  });
});

test('movements are listed newest first, page by page; of an unknown product there are none', async () => {
  const list = (data: object) => listMovements.answer(database, aQuery({ limit: 2, ...data }));
  const first = await page(list({ productId: 'p1' }), 'after');
  expect(first).toEqual({ items: [3, 2], nextCursor: expect.any(String) });
  expect(await page(list({ productId: 'p1', cursor: first.nextCursor }), 'after')).toEqual({
    items: [1],
    nextCursor: null,
  });
  expect(await page(list({ productId: 'p2' }), 'after')).toEqual({ items: [], nextCursor: null });
  expect(await list({ productId: 'p4' })).toMatchObject({ refusal: { code: 'UNKNOWN_PRODUCT' } });
});

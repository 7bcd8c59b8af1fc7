import { type CatalogueLine, ImportProducts, newId } from '@comanda/contracts';
import { type Context, type Effect, ENTROPY } from '@comanda/messaging';
import { describe, expect, test } from '@jest/globals';
import { newProduct } from '../domain/product.js';
import { noStock, type Stock } from '../domain/stock.js';
import { importProducts } from './import-products.js';

const NOW = '2026-01-01T12:00:00.000Z';
const context: Context = { now: NOW, ...ENTROPY };
const [tea, cake] = [newId(), newId()];

const known = (productId: string, sku: string, more: Partial<Stock> = {}) => ({
  product: newProduct(
    { tenantId: 'default', productId, sku, name: sku, price: 100, currency: 'EUR', active: true },
    NOW,
  ),
  shelf: { ...noStock('default', productId, NOW), available: 8, moves: 1, sequence: 1, ...more },
});
const there = [known(tea, 'TEA', { lowStockThreshold: 3 }), known(cake, 'CAKE', { reserved: 2 })];
const line = (sku: string, more: Partial<CatalogueLine> = {}): CatalogueLine => ({
  sku,
  name: sku,
  price: 100,
  currency: 'EUR',
  ...more,
});

/** What follows from an import: its answer, the rows that are written, the events. */
function imported(lines: readonly CatalogueLine[], dryRun = false, catalogue = there) {
  const message = { tenantid: 'default', data: { lines, dryRun, actor: 'ana' } } as never;
  const rows = {
    skus: [],
    products: catalogue.map(({ product }) => product),
    shelf: catalogue.map(({ shelf }) => shelf),
  };
  const effects = importProducts.decide(message, rows as never, context);
  const written = (kind: Effect['kind']) =>
    effects.flatMap((effect) =>
      (effect.kind === 'put' || effect.kind === 'append') && effect.kind === kind
        ? [{ table: effect.table.name, row: { ...effect.row } as Record<string, unknown> }]
        : [],
    );
  return {
    answer: effects.flatMap((effect) => (effect.kind === 'respond' ? [effect.reply] : [])),
    rows: written('put').map(({ table }) => table),
    stock: written('put').flatMap(({ table, row }) => (table === 'stock' ? [row] : [])),
    movements: written('append').map(({ row }) => row),
    events: effects.flatMap((effect) =>
      effect.kind === 'emit' ? [`${effect.event.type} ${effect.sequence}`] : [],
    ),
  };
}

describe('an import', () => {
  test('makes what is new, changes what is otherwise, and leaves the rest', () => {
    const found = imported([
      line('COFFEE', { stock: 4, lowStockThreshold: 9, active: false }),
      line('TEA', { price: 120, stock: 3 }),
      line('CAKE'),
    ]);
    expect(found.answer).toEqual([{ ok: true, result: { created: 1, updated: 1, unchanged: 1 } }]);
    expect(found.rows).toEqual(['products', 'product_skus', 'stock', 'products', 'stock']);
    expect(found.events).toEqual([
      'product.created 1',
      'product.stockLow 2',
      'product.updated 2',
      'product.stockChanged 3',
      'product.stockLow 4',
    ]);
    expect(found.movements).toEqual([
      expect.objectContaining({ delta: 4, before: 0, after: 4, position: 1, reason: 'import', actor: 'ana' }),
      expect.objectContaining({
        productId: tea,
        delta: -5,
        before: 8,
        after: 3,
        position: 2,
        reason: 'import',
      }),
    ]);
  });

  test('leaves alone what a line does not say: stock, threshold, whether it is for sale', () => {
    const [stock] = imported([line('TEA', { lowStockThreshold: 2 })]).stock;
    expect(stock).toEqual({ ...there[0]?.shelf, lowStockThreshold: 2 });
    expect(imported([line('TEA', { price: 101 })]).stock).toEqual([
      { ...there[0]?.shelf, sequence: 2, lastEventAt: NOW },
    ]);
  });

  test('of what is there already writes nothing and publishes nothing', () => {
    const same = imported([line('TEA', { stock: 8, lowStockThreshold: 3, active: true }), line('CAKE')]);
    expect(same).toEqual({
      answer: [{ ok: true, result: { created: 0, updated: 0, unchanged: 2 } }],
      rows: [],
      stock: [],
      movements: [],
      events: [],
    });
  });

  test('that is only tried says what it would do, and does nothing', () => {
    const tried = imported([line('COFFEE'), line('TEA', { price: 1 }), line('CAKE')], true);
    expect(tried).toMatchObject({
      answer: [{ ok: true, result: { created: 1, updated: 1, unchanged: 1 } }],
      rows: [],
      movements: [],
      events: [],
    });
  });

  test('makes nothing new in a currency that was withdrawn, and takes back what was exported', () => {
    expect(imported([line('COFFEE', { currency: 'HRK' })]).answer).toEqual([
      expect.objectContaining({
        refusal: expect.objectContaining({
          errors: [
            {
              path: 'lines.0.currency',
              message: 'must be a currency in force: HRK was withdrawn in 2023-01',
            },
          ],
        }),
      }),
    ]);
    const old = there.map(({ product, shelf }) => ({ product: { ...product, currency: 'HRK' }, shelf }));
    expect(imported([line('TEA', { currency: 'HRK' })], false, old).answer).toEqual([
      { ok: true, result: { created: 0, updated: 0, unchanged: 1 } },
    ]);
  });

  test('with lines that can not be is refused as a whole, and every such line is named', () => {
    const found = imported([
      line('COFFEE'),
      line('TEA', { currency: 'USD', price: 1 }),
      line('CAKE', { currency: 'JPY', stock: Number.MAX_SAFE_INTEGER - 1 }),
    ]);
    expect(found).toMatchObject({ rows: [], movements: [], events: [] });
    expect(found.answer).toEqual([
      {
        ok: false,
        refusal: {
          status: 422,
          code: 'IMPORT_REFUSED',
          detail: '3 errors: nothing was imported.',
          errors: [
            { path: 'lines.1.currency', message: "TEA is priced in EUR, and that can't be changed" },
            { path: 'lines.2.currency', message: "CAKE is priced in EUR, and that can't be changed" },
            { path: 'lines.2.stock', message: 'is more than can be counted exactly' },
          ],
        },
      },
    ]);
  });

  test('that names a SKU twice, or text that no database holds, fits no schema', () => {
    const issues = (lines: readonly object[]) =>
      ImportProducts.data.safeParse({ lines, actor: 'ana' }).error?.issues.map(({ message }) => message);
    expect(issues([line('TEA'), line('TEA')])).toEqual(['a SKU stands in it twice']);
    for (const name of ['a\u0000b', 'a\ud800b'])
      expect(issues([line('TEA', { name })])).toEqual([expect.stringMatching(/^must be /)]);
    expect(issues([line('TEA', { name: 'a😀b' })])).toBeUndefined();
  });
});

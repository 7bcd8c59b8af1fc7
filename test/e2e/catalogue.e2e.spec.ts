import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MendPriceList, ReadCatalogue } from '@comanda/contracts';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { z } from 'zod';
import { orderOf, PRODUCTS } from '../support/api.js';
import { Asker } from '../support/asker.js';
import { checkBooks } from '../support/books.js';
import { commandOf } from '../support/command.js';
import { PATIENCE_MS, until } from '../support/until.js';
import { useFolder } from '../support/use-folder.js';
import { useInstallation } from '../support/use-installation.js';

jest.setTimeout(2 * PATIENCE_MS);

const Products = z.object({
  items: z.array(z.looseObject({ productId: z.string(), sku: z.string(), name: z.string() })),
  nextCursor: z.string().nullable(),
});
const HEADER = 'sku,name,price,currency,active,stock,lowStockThreshold';

describe('the catalogue', () => {
  let asker: Asker;
  afterAll(() => asker?.close());
  const comanda = useInstallation({ tapped: true });
  const { wire } = comanda;
  const folder = useFolder('comanda-catalogue-');
  beforeAll(async () => {
    asker = await Asker.connect(comanda.brokerUrl);
  });

  const catalogue = (...args: string[]) => commandOf(comanda, 'catalogue')(...args);
  const priceList = (...args: string[]) => commandOf(comanda, 'price-list')(...args);
  const fileOf = (name: string, ...lines: readonly string[]): string => {
    const file = join(folder, name);
    writeFileSync(file, lines.join('\n'));
    return file;
  };
  const list = async (query: string) => Products.parse((await comanda.staff.get(`/products${query}`)).body);
  const skus = async (query: string) => (await list(query)).items.map(({ sku }) => sku);
  /** Every product of every tenant with its stock, and how many movements there are. */
  const standing = () => ({
    products: comanda.rows('products', 'SELECT * FROM products ORDER BY tenant_id, product_id'),
    stock: comanda.rows('products', 'SELECT * FROM stock ORDER BY tenant_id, product_id'),
    movements: comanda.rows('products', 'SELECT count(*) AS n FROM movements'),
  });
  const pricesOf = (tenant: string) =>
    comanda.rows<{ product_id: string; price: number; currency: string; active: number }>(
      'orders',
      'SELECT product_id, price, currency, active FROM prices WHERE tenant_id = ? ORDER BY product_id',
      tenant,
    );
  const sellsOf = (tenant: string) =>
    comanda.rows(
      'products',
      'SELECT product_id, price, currency, active FROM products WHERE tenant_id = ? ORDER BY product_id',
      tenant,
    );
  const listedAll = (tenant: string) =>
    until(
      'orders-service knows all products',
      () => JSON.stringify(pricesOf(tenant)) === JSON.stringify(sellsOf(tenant)),
    );

  describe('as a file', () => {
    it('of which one line is wrong is not imported at all, and every error is reported with its line', async () => {
      const before = standing();
      const file = fileOf(
        'wrong.csv',
        HEADER,
        'NEW-1,Good,100,EUR,true,5,',
        'NEW 2,Bad,1.5,EUR,true,5,',
        'NEW-1,Twice,100,EUR,true,5,',
      );
      expect(await catalogue('import', file)).toEqual({
        code: 1,
        out: '',
        err: [
          'line 3, sku: "NEW 2" must be 1 to 64 letters (A to Z), digits, dots, dashes or underscores',
          'line 3, price: "1.5" must be a whole number in minor units, such as 180 for 1.80, with digits alone: no comma, point or blank',
          'line 4, sku: NEW-1 stands in line 2 already',
          'Nothing was imported: 3 errors\n',
        ].join('\n'),
      });
      // What only products-service can know is reported by line as well.
      const currency = fileOf(
        'currency.csv',
        HEADER,
        'NEW-1,"Good, ""quoted""",100,EUR,true,5,',
        ',,,,,,',
        'ESPRESSO,Espresso,1,USD,true,5,',
      );
      expect(await catalogue('import', currency)).toEqual({
        code: 1,
        out: '',
        err: [
          "line 4, currency: ESPRESSO is priced in EUR, and that can't be changed",
          'Nothing was imported: 1 error\n',
        ].join('\n'),
      });
      expect(standing()).toEqual(before);
    });

    it('is imported as a whole, and the second time changes nothing and publishes nothing', async () => {
      const espresso = standing().products.length;
      const file = fileOf(
        'good.csv',
        '\uFEFFname,sku,currency,price,stock,active,lowStockThreshold\r',
        'Café con leche,CAFE-LECHE,EUR,230,12,true,4\r',
        '"Té ""verde""",TE-VERDE,EUR,200,,,\r',
        'Slice of tortilla,TORTILLA,EUR,420,100,,\r',
        'The last cake,LAST-CAKE,EUR,450,,,\r',
      );
      expect(await catalogue('import', file, '--dry-run')).toMatchObject({
        code: 0,
        out: '2 would be created, 1 would be updated, 1 would stay unchanged\n',
      });
      expect(standing().products).toHaveLength(espresso);
      expect(await catalogue('import', file)).toEqual({
        code: 0,
        out: '2 created, 1 updated, 1 unchanged\n',
        err: '',
      });
      expect(await list('?q=caf%C3%A9%20con')).toMatchObject({
        items: [{ sku: 'CAFE-LECHE', price: 230, active: true, available: 12 }],
      });
      expect(await list('?q=te-verde')).toMatchObject({
        items: [{ name: 'Té "verde"', price: 200, active: true, available: 0 }],
      });
      expect(await list('?q=tortilla')).toMatchObject({ items: [{ price: 420, available: 100 }] });
      const movements = comanda.rows(
        'products',
        `SELECT delta, before, after FROM movements WHERE reason = 'import' ORDER BY delta`,
      );
      expect(movements).toEqual([
        { delta: 12, before: 0, after: 12 },
        { delta: 20, before: 80, after: 100 },
      ]);
      await listedAll('default');
      const [before, published] = [standing(), wire.seen.length];
      expect(await catalogue('import', file)).toMatchObject({ out: '0 created, 0 updated, 4 unchanged\n' });
      expect(standing()).toEqual(before);
      // The command itself is all that went over the wire.
      expect(wire.seen.slice(published).map(({ routingKey }) => routingKey)).toEqual(['products.import']);
    });

    it('that was exported is imported without any change, and opens no formula', async () => {
      const names = ['=HYPERLINK("https://example.org")', "'=already", '-5 degrees', 'a,b;"c"', 'no "quotes'];
      for (const [at, name] of names.entries()) {
        const product = { sku: `NASTY-${at}`, name, price: at, currency: 'JPY', lowStockThreshold: at };
        expect((await comanda.staff.post('/products', product)).status).toBe(201);
      }
      const file = join(folder, 'export.csv');
      const count = standing().products.length;
      expect(await catalogue('export', file)).toMatchObject({
        code: 0,
        out: `${count} products are in ${file}\n`,
      });
      const text = readFileSync(file, 'utf8');
      expect((await catalogue('export')).out).toBe(text);
      expect(text).toContain(`\nNASTY-0,"'=HYPERLINK(""https://example.org"")",0,JPY,true,0,0\n`);
      expect(text).toContain(`\nNASTY-2,'-5 degrees,2,JPY,true,0,2\n`);
      expect(text).toContain('\nLAST-CAKE,The last cake,450,EUR,true,1,\n');
      const before = standing();
      expect(await catalogue('import', file)).toMatchObject({
        out: `0 created, 0 updated, ${count} unchanged\n`,
      });
      expect(standing()).toEqual(before);
    });

    it('of ten thousand products is one import, and of a tenant of its own', async () => {
      const file = fileOf(
        'large.csv',
        HEADER,
        ...Array.from({ length: 10_000 }, (_, at) => `P-${at},Product number ${at},${at},EUR,true,${at},`),
      );
      const before = standing().products.length;
      expect(await catalogue('import', file, '--tenant', 'north')).toMatchObject({
        code: 0,
        out: '10000 created, 0 updated, 0 unchanged\n',
      });
      expect(standing().products).toHaveLength(before + 10_000);
      expect(sellsOf('north')).toHaveLength(10_000);
      await listedAll('north');
      expect((await catalogue('export', '--tenant', 'north')).out.split('\n')).toHaveLength(10_002);
      expect((await catalogue('export', '--tenant', 'south')).out).toBe(`${HEADER}\n`);
    });

    it('is asked for in words that make sense, or nothing is done', async () => {
      for (const args of [[], ['import'], ['remove', 'x'], ['export', '--dry-run'], ['import', 'a', 'b']])
        expect(await catalogue(...args)).toMatchObject({ code: 2, out: '' });
      expect(await catalogue('import', join(folder, 'nowhere.csv'))).toMatchObject({
        code: 2,
        err: expect.stringContaining("can't be read"),
      });
      expect(await catalogue('export', '--tenant', 'No!')).toMatchObject({ code: 2 });
    });
  });

  describe('as a price list that orders-service keeps', () => {
    it('which lost and spoilt entries is put right, of every tenant, and only what was wrong is named', async () => {
      const [right, north] = [pricesOf('default'), pricesOf('north')];
      const { espresso, lastCake, cappuccino } = PRODUCTS;
      const [first] = north;
      const spoil = () => {
        expect(comanda.tamper('orders', `DELETE FROM prices WHERE product_id = '${espresso}'`)).toBe(1);
        comanda.tamper('orders', `UPDATE prices SET price = 1 WHERE product_id = '${lastCake}'`);
        comanda.tamper('orders', `UPDATE prices SET active = 0 WHERE product_id = '${cappuccino}'`);
        comanda.tamper('orders', `DELETE FROM prices WHERE product_id = '${first?.product_id}'`);
      };
      spoil();
      const wrong = [
        `default ${espresso} was missing`,
        `default ${lastCake} was out of date`,
        `default ${cappuccino} was out of date`,
      ];
      const found = await priceList('rebuild', '--dry-run');
      expect(found).toMatchObject({ code: 1, err: '' });
      expect(found.out.split('\n')).toEqual([
        ...wrong,
        `default: ${right.length} products, 1 missing, 2 out of date: nothing was changed`,
        `north ${first?.product_id} was missing`,
        'north: 10000 products, 1 missing, 0 out of date: nothing was changed',
        '',
      ]);
      expect(pricesOf('default')).toHaveLength(right.length - 1);

      const one = await priceList('rebuild', '--tenant', 'default');
      expect(one.out.split('\n')).toEqual([
        ...wrong,
        `default: ${right.length} products, 1 missing, 2 out of date: all of it is mended`,
        '',
      ]);
      expect([one.code, pricesOf('default')]).toEqual([0, right]);
      expect(pricesOf('north')).toHaveLength(north.length - 1);
      expect((await priceList('rebuild')).code).toBe(0);
      expect([pricesOf('default'), pricesOf('north')]).toEqual([right, north]);
      expect((await priceList('rebuild', '--dry-run')).code).toBe(0);
    });

    it('keeps a price that changed after the catalogue was read', async () => {
      const { espresso } = PRODUCTS;
      const { items: products } = await asker.result('default', ReadCatalogue, { limit: 1_000 });
      await comanda.staff.patch(`/products/${espresso}`, { price: 777 });
      await listedAll('default');
      const mended = await asker.result('default', MendPriceList, { products, dryRun: false });
      expect(mended).toEqual({ missing: [], stale: [] });
      expect(pricesOf('default').find(({ product_id }) => product_id === espresso)?.price).toBe(777);
    });

    it('that is lost is rebuilt while prices change, and the last price wins', async () => {
      const { espresso, croissant } = PRODUCTS;
      let [price, done] = [1_000, false];
      const changing = (async () => {
        while (!done) {
          price++;
          for (const id of [espresso, croissant]) await comanda.staff.patch(`/products/${id}`, { price });
        }
      })();
      for (let times = 0; times < 3; times++) {
        comanda.tamper('orders', `DELETE FROM prices WHERE tenant_id = 'default'`);
        expect(await priceList('rebuild', '--tenant', 'default')).toMatchObject({ code: 0, err: '' });
      }
      done = true;
      await changing;
      await listedAll('default');
      expect(pricesOf('default').find(({ product_id }) => product_id === croissant)?.price).toBe(price);
      const order = await comanda.placed(orderOf(croissant));
      expect(order).toMatchObject({ status: 'CONFIRMED', totalAmount: price });
    });

    it('is asked for in words that make sense, or nothing is done', async () => {
      for (const args of [[], ['destroy'], ['rebuild', '--now'], ['rebuild', '--tenant', 'No!']])
        expect(await priceList(...args)).toMatchObject({ code: 2, out: '' });
    });
  });

  describe('over HTTP', () => {
    it('is searched in name and SKU, in capitals or small letters of any alphabet', async () => {
      for (const [sku, name] of [
        ['SOLO', 'CAFÉ SOLO'],
        ['GREEK', 'Ελληνικός καφές'],
        ['PERCENT', '100% arabica'],
        ['UNDER_SCORE', 'Plain'],
      ])
        await comanda.staff.post('/products', { sku, name, price: 1, currency: 'EUR' });
      const search = (q: string) => skus(`?q=${encodeURIComponent(q)}`);
      expect((await search('café')).sort()).toEqual(['CAFE-LECHE', 'SOLO']);
      expect((await search('cafe\u0301')).sort()).toEqual(['CAFE-LECHE', 'SOLO']);
      expect(await search('ΕΛΛΗΝΙΚΌΣ')).toEqual(['GREEK']);
      expect(await search('under_')).toEqual(['UNDER_SCORE']);
      expect(await search('%')).toEqual(['PERCENT']);
      expect(await search('_')).toEqual(['UNDER_SCORE']);
      expect(await search('0!')).toEqual([]);
      for (const never of ['a%0Ab', '%00', '%E2%80%8B'])
        expect(await comanda.staff.get(`/products?q=${never}`)).toMatchObject({ status: 400 });
    });

    it('is paged so that products that come and go meanwhile neither repeat nor hide others', async () => {
      const everything = (await skus('?limit=100')).length;
      const seen: string[] = [];
      let cursor: string | null = null;
      let added = 0;
      do {
        const page: z.infer<typeof Products> = await list(`?limit=7${cursor ? `&cursor=${cursor}` : ''}`);
        seen.push(...page.items.map(({ sku }) => sku));
        cursor = page.nextCursor;
        // One that stands before all others, and is behind us already.
        await comanda.staff.post('/products', {
          sku: `FIRST-${added}`,
          name: `!${added++}`,
          price: 1,
          currency: 'EUR',
        });
      } while (cursor !== null);
      expect(seen).toHaveLength(everything);
      expect(new Set(seen).size).toBe(everything);
      expect((await skus('?limit=100')).length).toBe(everything + added);
    });

    it('refuses names that no database can hold, and says why', async () => {
      const product = { sku: 'NUL', name: 'a\u0000b', price: 1, currency: 'EUR' };
      const message = expect.stringMatching(/^must /);
      expect(await comanda.staff.post('/products', product)).toMatchObject({
        status: 400,
        body: { errors: [{ path: 'name', message }] },
      });
      expect(await comanda.staff.patch(`/products/${PRODUCTS.espresso}`, { name: 'a\ud800b' })).toMatchObject(
        { status: 400, body: { errors: [{ path: 'name', message }] } },
      );
      const reason = 'a\u0000b';
      expect(
        await comanda.staff.post(`/products/${PRODUCTS.espresso}/stock-adjustments`, { delta: 1, reason }),
      ).toMatchObject({ status: 400 });
    });

    it('leaves the books right', async () => {
      await checkBooks(comanda);
    });
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ImportProducts, newId } from '@comanda/contracts';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { z } from 'zod';
import { PRODUCTS } from '../support/api.js';
import { type Books, checkBooks } from '../support/books.js';
import { commandOf } from '../support/command.js';
import { PATIENCE_MS, until } from '../support/until.js';
import { useInstallation } from '../support/use-installation.js';

jest.setTimeout(3 * PATIENCE_MS);

const Movements = z.object({
  items: z.array(z.object({ delta: z.number(), before: z.number(), after: z.number() })),
  nextCursor: z.string().nullable(),
});
const SENDERS = 40;

describe.each([
  ['SQLite', false],
  ['PostgreSQL', true],
])('three instances of products-service on %s, and many who want the same', (_, onPostgres) => {
  const comanda = useInstallation({ tapped: true, instances: { products: 3, orders: 2 }, onPostgres });
  const { wire } = comanda;

  const product = (sku: string, stock: number, lowStockThreshold?: number) =>
    comanda.product(sku, { stock, lowStockThreshold });
  /** Places orders with so many requests under way at any moment; their ids in the order of `wishes`. */
  async function place(wishes: readonly (readonly string[])[]): Promise<string[]> {
    const ids: string[] = [];
    let next = 0;
    const sender = async () => {
      for (let at = next++; at < wishes.length; at = next++) {
        const items = (wishes[at] ?? []).map((productId) => ({ productId, quantity: 1 }));
        ids[at] = await comanda.place({ items, payment: { method: 'sim_approved' } });
      }
    };
    await Promise.all(Array.from({ length: SENDERS }, sender));
    return ids;
  }
  const fates = (ids: readonly string[]): Record<string, number> => {
    const wanted = new Set(ids);
    const counts: Record<string, number> = {};
    for (const row of comanda.rows<{ order_id: string; status: string; failure_code: string | null }>(
      'orders',
      'SELECT order_id, status, failure_code FROM orders',
    )) {
      if (!wanted.has(row.order_id)) continue;
      const fate = row.failure_code ?? row.status;
      counts[fate] = (counts[fate] ?? 0) + 1;
    }
    return counts;
  };
  const books = (): Promise<Books> => checkBooks(comanda);
  const shelfOf = ({ available, sold }: Books, productId: string) => ({
    available: available.get(productId),
    sold: sold.get(productId),
  });
  /** Every movement of a product, oldest first, as staff see them. */
  async function movementsOf(productId: string): Promise<z.infer<typeof Movements>['items']> {
    const items: z.infer<typeof Movements>['items'] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const answer = await comanda.staff.get(`/products/${productId}/movements?limit=100${query}`);
      const page: z.infer<typeof Movements> = Movements.parse(answer.body);
      items.push(...page.items);
      cursor = page.nextCursor;
    }
    return items.reverse();
  }

  /** How many orders an instance of products-service has taken. */
  const handledOrders = async ([name, url]: readonly [string, string]): Promise<number> => {
    if (!name.startsWith('products')) return 0;
    const page = await (await fetch(`${url}/metrics`)).text();
    const sample = page
      .split('\n')
      .find((line) => line.startsWith('comanda_messages_handled_total') && line.includes('"order.created"'));
    return Number(sample?.split(' ').at(-1) ?? 0);
  };

  it('the last unit is had by one of fifty', async () => {
    const ids = await place(Array.from({ length: 50 }, () => [PRODUCTS.lastCake]));
    expect(shelfOf(await books(), PRODUCTS.lastCake)).toEqual({ available: 0, sold: 1 });
    expect(fates(ids)).toEqual({ CONFIRMED: 1, OUT_OF_STOCK: 49 });
  });

  it('600 of a thousand have a product of which there are 600, and each took the next one', async () => {
    const hot = await product('HOT', 600, 100);
    const ids = await place(Array.from({ length: 1_000 }, () => [hot]));
    const after = await books();
    expect(shelfOf(after, hot)).toEqual({ available: 0, sold: 600 });
    expect(fates(ids)).toEqual({ CONFIRMED: 600, OUT_OF_STOCK: 400 });
    expect(await movementsOf(hot)).toEqual([
      { delta: 600, before: 0, after: 600 },
      ...Array.from({ length: 600 }, (_, at) => ({ delta: -1, before: 600 - at, after: 599 - at })),
    ]);
    // None of them did it alone.
    const busy = await Promise.all([...comanda.platform.operatorUrls].map(handledOrders));
    expect(busy.filter((orders) => orders > 0).length).toBeGreaterThan(1);
    // Whichever of the three came down to the threshold: it was published once.
    const low = comanda.rows<{ body: string }>(
      'webhooks',
      `SELECT body FROM events WHERE type = 'product.stockLow'`,
    );
    expect(low.map(({ body }) => JSON.parse(body).data)).toEqual([
      expect.objectContaining({ productId: hot, available: 100, delta: -1, reason: 'reserved' }),
    ]);
  });

  it('orders for A and B, and for B and A, all end, and none is half reserved', async () => {
    const [a, b] = [await product('CROSS-A', 70), await product('CROSS-B', 90)];
    const ids = await place(Array.from({ length: 300 }, (_, at) => (at % 2 === 0 ? [a, b] : [b, a])));
    const after = await books();
    expect([shelfOf(after, a), shelfOf(after, b)]).toEqual([
      { available: 0, sold: 70 },
      { available: 20, sold: 70 },
    ]);
    expect(fates(ids)).toEqual({ CONFIRMED: 70, OUT_OF_STOCK: 230 });
    const wanted = new Set(ids);
    const held = comanda
      .rows<{ order_id: string; status: string; items: string }>('products', 'SELECT * FROM reservations')
      .filter(({ order_id, status }) => wanted.has(order_id) && status === 'COMMITTED')
      .map(({ items }) => (JSON.parse(items) as { productId: string }[]).map(({ productId }) => productId));
    expect(held).toHaveLength(70);
    for (const lines of held) expect(lines.sort()).toEqual([a, b].sort());
  });

  it('orders that name a product in two lines hold it once, and no more than there is', async () => {
    const twice = await product('TWO-LINES', 31);
    const ids = await place(Array.from({ length: 60 }, () => [twice, twice]));
    expect(shelfOf(await books(), twice)).toEqual({ available: 1, sold: 30 });
    expect(fates(ids)).toEqual({ CONFIRMED: 15, OUT_OF_STOCK: 45 });
  });

  it('what is sold, taken back, adjusted and imported at the same time is one unbroken chain', async () => {
    const busy = await product('BUSY', 200, 150);
    const folder = mkdtempSync(join(tmpdir(), 'comanda-races-'));
    const file = join(folder, 'busy.csv');
    writeFileSync(file, 'sku,name,price,currency,stock\nBUSY,BUSY,100,EUR,175\n');
    const adjusting = (async () => {
      for (let times = 0; times < 60; times++)
        await comanda.staff.post(`/products/${busy}/stock-adjustments`, {
          delta: times % 2 === 0 ? 2 : -1,
          reason: 'Counted',
        });
    })();
    const importing = commandOf(comanda, 'catalogue')('import', file);
    const ids = await place(Array.from({ length: 150 }, () => [busy]));
    await Promise.all(
      ids
        .filter((_, at) => at % 3 === 0)
        .map((orderId) => comanda.staff.post(`/orders/${orderId}/cancel`, { reason: 'Changed my mind' })),
    );
    await adjusting;
    expect(await importing).toMatchObject({ code: 0, out: '0 created, 1 updated, 0 unchanged\n' });
    rmSync(folder, { recursive: true });
    const after = await books();
    const movements = await movementsOf(busy);
    expect(movements.length).toBeGreaterThanOrEqual(1 + 60 + 100);
    for (const [at, { before, delta, after: end }] of movements.entries())
      expect({ before, end }).toEqual({ before: movements[at - 1]?.after ?? 0, end: before + delta });
    expect(movements.at(-1)?.after).toBe(after.available.get(busy));
  });

  describe('an import of which the service is killed', () => {
    const ONLY = 'products';
    const others = ['products#2', 'products#3'];
    let folder = '';
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'comanda-races-'));
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    const linesOf = (sku: string) =>
      Array.from({ length: 500 }, (_, at) => ({
        sku: `${sku}-${at}`,
        name: sku,
        price: 100,
        currency: 'EUR',
        stock: at,
      }));
    const importOf = (sku: string) => {
      const file = join(folder, `${sku}.csv`);
      const rows = linesOf(sku).map((line) => Object.values(line).join());
      writeFileSync(file, ['sku,name,price,currency,stock', ...rows].join('\n'));
      return commandOf(comanda, 'catalogue')('import', file);
    };
    /** What of it is there. */
    const there = async (sku: string) => {
      const [counted] = await comanda.look<{ products: number; movements: number }>(
        'products',
        `SELECT count(*) AS products, count(m.movement_id) AS movements
         FROM products p LEFT JOIN movements m ON m.product_id = p.product_id WHERE p.name = ?`,
        sku,
      );
      return counted;
    };
    /** One instance alone, so that it is known who takes the import, and dies. */
    async function killAt(failpoint: string, send: () => void): Promise<void> {
      await Promise.all(others.map((name) => comanda.platform.stopOne(name)));
      await comanda.platform.restart(ONLY, { COMANDA_CRASH_AT: `${failpoint}@products.import` });
      const process = comanda.platform.services.get(ONLY);
      send();
      await until('it is killed', () => process?.running === false);
    }
    const comeBack = () => Promise.all([ONLY, ...others].map((name) => comanda.platform.start(name)));
    const nothing = { products: 0, movements: 0 };
    const everything = { products: 500, movements: 499 };

    it('before it is committed has left nothing, and is there as a whole in the end', async () => {
      const sku = 'KILLED-BEFORE';
      let importing: ReturnType<typeof importOf> | undefined;
      await killAt('before-commit', () => {
        importing = importOf(sku);
      });
      expect(await there(sku)).toEqual(nothing);
      await comeBack();
      expect(await importing).toMatchObject({ code: 0, out: '500 created, 0 updated, 0 unchanged\n' });
      expect(await there(sku)).toEqual(everything);
      await books();
    });

    it('after it was committed is there as a whole, published once, and not done again', async () => {
      const sku = 'KILLED-AFTER';
      const [id, { type, dataschema }] = [newId(), ImportProducts];
      const envelope = {
        ...{ specversion: '1.0', id, type, source: 'api-gateway', time: new Date().toISOString() },
        ...{ subject: 'default', datacontenttype: 'application/json', dataschema },
        ...{ tenantid: 'default', correlationid: id, data: { lines: linesOf(sku), actor: 'test' } },
      };
      await killAt('after-commit', () => wire.publish(type, JSON.stringify(envelope), { messageId: id }));
      expect(await there(sku)).toEqual(everything);
      await comeBack();
      expect(await importOf(sku)).toMatchObject({ code: 0, out: '0 created, 0 updated, 500 unchanged\n' });
      expect(await there(sku)).toEqual(everything);
      await books();
      const published = wire.seen.filter(({ envelope: { data } }) => data.name === sku);
      expect(new Set(published.map(({ routingKey }) => routingKey))).toEqual(new Set(['product.created']));
      expect(new Set(published.map(({ envelope: { subject } }) => subject)).size).toBe(500);
    });
  });
});

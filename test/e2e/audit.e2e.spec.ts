import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AuditReport, audit, databasesIn } from '@comanda/auditor';
import { poll } from '@comanda/local-infra';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { PATIENCE_MS, PRODUCTS } from '../support/api.js';
import { checkBooks } from '../support/books.js';
import { CORRUPTIONS, type Scene } from '../support/corruptions.js';
import { Installation } from '../support/installation.js';

describe('the auditor, on the books of an installation at rest', () => {
  let comanda: Installation;
  let scene: Scene;
  let copies: string;
  const here: string[] = [];

  beforeAll(async () => {
    comanda = await Installation.start();
    copies = mkdtempSync(join(tmpdir(), 'comanda-audit-'));
    const place = (key: string, productId: string, quantity: number, method: string): Promise<string> =>
      comanda.customer.place(
        { productId, quantity, payment: { method } },
        { 'idempotency-key': `key-${key}` },
      );
    scene = {
      confirmed: await place('confirmed', PRODUCTS.espresso, 2, 'sim_approved'),
      declined: await place('declined', PRODUCTS.espresso, 3, 'sim_declined'),
      outOfStock: await place('out-of-stock', PRODUCTS.medialuna, 501, 'sim_approved'),
      tooMany: await place('tooMany', PRODUCTS.cheesecake, 41, 'sim_approved'),
      cancelled: await place('cancelled', PRODUCTS.espresso, 4, 'sim_approved'),
    };
    await comanda.customer.timelineWith(scene.cancelled, 'product.stockCommitted');
    await comanda.staff.post(`/orders/${scene.cancelled}/cancel`, { reason: 'Oven broken' });
    await comanda.customer.orderThat(
      scene.cancelled,
      'is refunded',
      ({ refundedAmount }) => refundedAmount > 0,
    );
    for (const delta of [10, -3, 5])
      await comanda.staff.post(`/products/${PRODUCTS.espresso}/stock-adjustments`, {
        delta,
        reason: 'counted',
      });
    const free = await freeOrders();
    await checkBooks(comanda, { accepted: [...Object.values(scene), ...free], others: 'none' });
    await comanda.platform.stop();
  }, 180_000);
  afterEach(() => {
    for (const directory of here.splice(0)) rmSync(directory, { recursive: true });
  });
  afterAll(async () => {
    await comanda?.stop();
    if (copies) rmSync(copies, { recursive: true, force: true });
  }, 60_000);

  /** Two orders that cost nothing, so that nobody was asked for money. */
  const freeOrders = async (): Promise<string[]> => {
    const product = { sku: 'TAP-WATER', name: 'Tap water', price: 0, currency: 'EUR', stock: 5 };
    const { status, body } = await comanda.staff.post('/products', product);
    expect(status).toBe(201);
    const { productId } = body as { productId: string };
    const listed = 'SELECT 1 FROM prices WHERE product_id = ?';
    await poll(async () => comanda.rows('orders', listed, productId).length === 1, {
      what: 'the price list is up to date',
      timeoutMs: PATIENCE_MS,
    });
    const orders: string[] = [];
    for (let nth = 0; nth < 2; nth += 1) {
      const orderId = await comanda.customer.place({ productId, quantity: 1 });
      expect(await comanda.customer.ended(orderId)).toMatchObject({ status: 'CONFIRMED', totalAmount: 0 });
      orders.push(orderId);
    }
    return orders;
  };
  const copyOf = (): string => {
    const directory = mkdtempSync(join(copies, 'books-'));
    cpSync(join(comanda.directory, 'data'), directory, { recursive: true });
    here.push(directory);
    return directory;
  };
  const auditOf = (directory: string): Promise<AuditReport> =>
    audit({ databases: databasesIn(directory), rabbitUrl: comanda.rabbit.url, atRest: true });
  const wrongIn = ({ invariants }: AuditReport) =>
    invariants.filter(({ count }) => count > 0).map(({ id, violations }) => ({ id, violations }));

  it('finds nothing wrong', async () => {
    const report = await auditOf(copyOf());
    expect(wrongIn(report)).toEqual([]);
  });

  it.each(CORRUPTIONS)('finds that $what', async ({ database, sql, by, naming, also = [] }) => {
    const directory = copyOf();
    const file = new Sqlite(join(directory, `${database}.db`));
    file.pragma('ignore_check_constraints = ON');
    const before = file.prepare<[], { n: number }>('SELECT total_changes() AS n').get()?.n ?? 0;
    file.exec(sql(scene));
    const after = file.prepare<[], { n: number }>('SELECT total_changes() AS n').get()?.n ?? 0;
    file.close();
    expect(after).toBeGreaterThan(before);
    const wrong = wrongIn(await auditOf(directory));
    const found = wrong.find(({ id }) => id === by);
    expect({ found: wrong.map(({ id }) => id).toSorted(), wrong }).toEqual({
      found: [by, ...also].toSorted(),
      wrong,
    });
    expect(found?.violations).toContainEqual(
      expect.objectContaining({ ids: expect.objectContaining(naming(scene)) }),
    );
  });
});

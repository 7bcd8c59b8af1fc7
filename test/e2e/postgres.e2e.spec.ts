import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { freePort, startAuditor } from '@comanda/local-infra';
import { describe, expect, it } from '@jest/globals';
import { orderOf, PRODUCTS, STEPS_UNTIL_SOLD } from '../support/api.js';
import { checkBooks } from '../support/books.js';
import { commandOf } from '../support/command.js';
import { databaseSettings } from '../support/own-users.js';
import { countDeadLetters } from '../support/queues.js';
import { until } from '../support/until.js';
import { useInstallation } from '../support/use-installation.js';

const CLI = resolve(import.meta.dirname, '../../auditor/dist/cli.js');

describe('an installation on PostgreSQL where each service has users of its own', () => {
  const comanda = useInstallation({
    onPostgres: true,
    ownUsers: true,
    instances: { webhooks: 2 },
    env: { WEBHOOK_MAX_SUBSCRIPTIONS: '10' },
  });
  const { accepted } = comanda;

  it('carries orders to each of their ends, and every page of them is in order', async () => {
    const place = (method: string) => comanda.place(orderOf(PRODUCTS.espresso, 1, method));
    const [paid, declined, toCancel] = [
      await place('sim_approved'),
      await place('sim_declined'),
      await place('sim_approved'),
    ];
    expect((await comanda.customer.ended(paid)).status).toBe('CONFIRMED');
    expect((await comanda.customer.ended(declined)).status).toBe('REJECTED');
    const cancelled = await comanda.customer.post(`/orders/${toCancel}/cancel`, {
      reason: 'changed my mind',
    });
    expect([202, 200]).toContain(cancelled.status);

    const pages: string[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await comanda.customer.get(`/orders?limit=1${cursor && `&cursor=${cursor}`}`);
      const { items, nextCursor } = body as { items: { orderId: string }[]; nextCursor: string | null };
      pages.push(...items.map(({ orderId }) => orderId));
      if (nextCursor === null) break;
      cursor = nextCursor;
    }
    expect(pages).toEqual([toCancel, declined, paid]);
    const books = await checkBooks(comanda);
    expect({
      orders: books.orders,
      confirmed: books.confirmed,
      rejected: books.rejected,
      cancelled: books.cancelled,
    }).toEqual({ orders: 3, confirmed: 1, rejected: 1, cancelled: 1 });
  });

  it('answers every kind of question as it does on SQLite', async () => {
    const [orderId = ''] = accepted;
    const items = async (path: string, api = comanda.staff) => {
      const { status, body } = await api.get(path);
      expect({ path, status }).toEqual({ path, status: 200 });
      return (body as { items: Record<string, unknown>[] }).items;
    };
    const names = async (path: string) => (await items(path)).map(({ name }) => String(name));
    const all = await names('/products?limit=100');
    expect(all).toHaveLength(13);
    expect(all).toEqual([...all].sort());
    expect(await names('/products?q=ESPR')).toEqual(all.filter((name) => /espr/i.test(name)));
    expect(await names('/products?q=ESPR')).not.toEqual([]);
    expect(await names('/products?q=%25')).toEqual([]);
    expect(await names('/products?active=false&limit=100')).toEqual([]);
    const steps = (await items(`/orders/${orderId}/timeline`)).map(({ type }) => type);
    expect(steps.filter((type) => type !== 'delivery.attempt')).toEqual(STEPS_UNTIL_SOLD);
    expect(await items(`/orders/${orderId}/payments`)).toMatchObject([{ status: 'COMPLETED', amount: 180 }]);
    expect((await items('/orders?status=REJECTED')).map((order) => order.orderId)).toEqual([accepted[1]]);
    expect(await items('/subscriptions')).toHaveLength(1);
    const deliveries = await items(`/deliveries?orderId=${orderId}&status=DELIVERED`);
    expect(deliveries).toHaveLength(5);
    const { body } = await comanda.staff.get(`/deliveries/${String(deliveries[0]?.deliveryId)}`);
    expect(body).toMatchObject({ status: 'DELIVERED', attempts: [{ statusCode: 204 }] });
  });

  it('keeps each service in a schema of its own, as a role that row-level security holds for', async () => {
    const tables = await comanda.postgres.admin(
      `SELECT n.nspname AS schema, count(*) FILTER (WHERE c.relforcerowsecurity)::int AS secured,
         count(*) FILTER (WHERE NOT c.relforcerowsecurity AND EXISTS (
           SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id'))::int AS open
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind = 'r' AND n.nspname = ANY ($1) GROUP BY 1 ORDER BY 1`,
      [['gateway', 'orders', 'payments', 'products', 'webhooks']],
    );
    expect(tables.map(({ schema, open }) => [schema, open])).toEqual([
      ['gateway', 0],
      ['orders', 0],
      ['payments', 0],
      ['products', 0],
      ['webhooks', 0],
    ]);
    expect(tables.every(({ secured }) => Number(secured) >= 2)).toBe(true);
  });

  it('takes as many subscriptions as there may be and no more, whichever instance is asked', async () => {
    const list = async () =>
      (await comanda.staff.get('/subscriptions?limit=100')).body as { items: unknown[] };
    const ask = () =>
      comanda.staff.post('/subscriptions', {
        channel: 'webhook',
        target: 'http://127.0.0.1:9/',
        eventTypes: ['webhook.subscriptionDisabled'],
      });
    const idOf = ({ body }: { body: unknown }) => (body as { subscriptionId: string }).subscriptionId;
    const before = (await list()).items.length;
    const answers = await Promise.all(Array.from({ length: 20 }, ask));
    const made = answers.filter(({ status }) => status === 201).map(idOf);
    expect(made).toHaveLength(10 - before);
    for (const refused of answers.filter(({ status }) => status !== 201))
      expect(refused).toMatchObject({
        status: 409,
        body: { code: 'TOO_MANY_SUBSCRIPTIONS', detail: 'There may be 10 subscriptions. Delete one first.' },
      });
    expect((await list()).items).toHaveLength(10);

    // A deleted one makes room for one.
    expect((await comanda.staff.delete(`/subscriptions/${made.pop()}`)).status).toBe(204);
    const more = await Promise.all([ask(), ask(), ask()]);
    expect(more.map(({ status }) => status).toSorted()).toEqual([201, 409, 409]);
    made.push(...more.filter(({ status }) => status === 201).map(idOf));
    for (const id of made) expect((await comanda.staff.delete(`/subscriptions/${id}`)).status).toBe(204);
    expect((await list()).items).toHaveLength(before);
  });

  it('is watched by a running auditor, which reads a new copy each time', async () => {
    const auditor = await startAuditor({
      directory: comanda.directory,
      rabbitUrl: comanda.brokerUrlFor('auditor'),
      redisUrl: comanda.redis.url,
      ports: comanda.platform.ports,
      port: await freePort(),
      env: { ...comanda.databaseEnvironment, AUDIT_INTERVAL_SECONDS: '1' },
    });
    try {
      const figure = async (name: string): Promise<number | undefined> => {
        const page = await (await fetch(`${auditor.url}/metrics`)).text();
        const line = page.split('\n').find((one) => one.startsWith(`${name} `));
        return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ')));
      };
      const checked = 'comanda_audit_checked{invariant="every-order-ends"}';
      await until('all orders are checked', async () => (await figure(checked)) === accepted.length);
      await comanda.place(orderOf(PRODUCTS.espresso));
      await until('the new order is checked, too', async () => (await figure(checked)) === accepted.length);
      expect(await figure('comanda_audit_violations{invariant="stock-adds-up"}')).toBe(0);
    } finally {
      await auditor.stop();
    }
  });

  it("takes the operators' commands, from a user of their own", async () => {
    const operator = { brokerUrl: comanda.brokerUrlFor('operator') };
    expect(await commandOf(operator, 'queues')('check')).toMatchObject({ code: 0 });
    const mended = await commandOf(operator, 'price-list')('rebuild', '--dry-run');
    expect(mended).toMatchObject({ code: 0, err: '' });
    const backup = join(comanda.directory, 'backup');
    const eachOwn = () => databaseSettings(comanda.postgres);
    expect(await commandOf(operator, 'backup', eachOwn)(backup)).toEqual({
      code: 0,
      // Of one moment, although five roles read it.
      out: expect.stringMatching(/^5 databases, \d+ bytes, of \S+: \S+\n$/),
      err: '',
    });
    const logs = comanda.logs(50);
    expect(logs).not.toMatch(/ACCESS_REFUSED|wrong sender/i);
    expect(await countDeadLetters(comanda)).toEqual({});
  });

  it('is audited where it is, and what is wrong there is found', async () => {
    await checkBooks(comanda);
    const run = () =>
      promisify(execFile)(process.execPath, [CLI, '--at-rest', '--json'], {
        env: { ...process.env, ...comanda.databaseEnvironment },
      }).then(
        ({ stdout }) => ({ code: 0, stdout }),
        (failed: { code: number; stdout: string }) => failed,
      );
    const well = await run();
    expect(well).toMatchObject({ code: 0 });
    expect(JSON.parse(well.stdout)).toMatchObject({ violations: 0 });
    await comanda.postgres.admin(
      `UPDATE products.stock SET available = available + 1 WHERE product_id = '${PRODUCTS.espresso}'`,
    );
    const wrong = await run();
    expect(wrong.code).toBe(1);
    expect(
      (JSON.parse(wrong.stdout) as { invariants: { id: string; count: number }[] }).invariants
        .filter(({ count }) => count > 0)
        .map(({ id }) => id),
    ).toEqual(['stock-adds-up']);
  });
});

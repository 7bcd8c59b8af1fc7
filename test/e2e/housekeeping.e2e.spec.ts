import { join } from 'node:path';
import type { DatabaseName } from '@comanda/contracts';
import { expect, jest, test } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { orderOf, PRODUCTS } from '../support/api.js';
import { PATIENCE_MS, until } from '../support/until.js';
import { useInstallation } from '../support/use-installation.js';

jest.setTimeout(3 * PATIENCE_MS);

const comanda = useInstallation({ env: { HOUSEKEEPING_EVERY_SECONDS: '1' } });

const LONG_AGO = '2020-01-01T00:00:00.000Z';

/** Makes what a service has written look old, as a few years would. */
function age(name: DatabaseName, ...statements: readonly string[]): void {
  const database = new Sqlite(join(comanda.directory, 'data', `${name}.db`), { timeout: 20_000 });
  try {
    for (const statement of statements) database.exec(statement);
  } finally {
    database.close();
  }
}

const count = (name: DatabaseName, from: string): number =>
  comanda.rows<{ n: number }>(name, `SELECT count(*) AS n FROM ${from}`)[0]?.n ?? -1;

test('years later an order is still there; what it took to get it done is not, and what is undone is', async () => {
  const { customer } = comanda;
  const orderId = await comanda.place(orderOf(PRODUCTS.espresso));
  await until(
    'the order is done and all deliveries are made',
    async () =>
      count('orders', `order_timeline WHERE order_id = '${orderId}' AND type = 'product.stockCommitted'`) ===
        1 &&
      count('webhooks', `deliveries WHERE order_id = '${orderId}' AND status = 'DELIVERED'`) === 5 &&
      count('webhooks', `deliveries WHERE status = 'PENDING'`) === 0,
  );
  const delivered = comanda.witness.receiver.attempts.length;

  // A second order, whose end is not in sight: its steps are as old, and it waits.
  age(
    'orders',
    `INSERT INTO orders (tenant_id, order_id, customer_id, status, items, total_amount, currency, refunded_amount,
                         refunding_amount, sequence, created_at, updated_at)
       SELECT tenant_id, 'waiting', customer_id, 'PENDING', items, total_amount, currency, 0, 0, sequence, created_at, updated_at
       FROM orders WHERE order_id = '${orderId}'`,
    `INSERT INTO order_timeline (tenant_id, order_id, message_id, at, service, type, detail)
       VALUES ('default', 'waiting', 'm', '${LONG_AGO}', 'orders-service', 'order.created', '{}')`,
    `UPDATE orders SET updated_at = '${LONG_AGO}'`,
    `UPDATE order_timeline SET at = '${LONG_AGO}'`,
  );
  // And a delivery that was never made: without the work that would do it, it stays as it is.
  age(
    'webhooks',
    `INSERT INTO events (tenant_id, event_id, type, order_id, body, created_at)
     SELECT tenant_id, 'undelivered', type, order_id, body, created_at FROM events LIMIT 1`,
    `INSERT INTO deliveries SELECT tenant_id, 'undelivered', subscription_id, 'undelivered', event_type, order_id, 'PENDING', NULL,
       created_at, replay_id FROM deliveries LIMIT 1`,
    `UPDATE events SET created_at = '${LONG_AGO}'`,
    `UPDATE deliveries SET created_at = '${LONG_AGO}'`,
    `UPDATE attempts SET at = '${LONG_AGO}'`,
  );
  const services = ['orders', 'products', 'payments', 'webhooks'] as const;
  for (const name of services) {
    expect(count(name, 'inbox')).toBeGreaterThan(0);
    age(name, `UPDATE inbox SET handled_at = '${LONG_AGO}'`);
  }

  await until(
    'what is old and done is gone',
    async () =>
      services.every((name) => count(name, `inbox WHERE handled_at = '${LONG_AGO}'`) === 0) &&
      count('orders', 'order_timeline') === 1 &&
      count('webhooks', 'deliveries') === 1 &&
      count('webhooks', 'events') === 1,
  );
  expect(count('webhooks', 'attempts')).toBe(0);
  expect(count('webhooks', `deliveries WHERE delivery_id = 'undelivered'`)).toBe(1);
  expect(count('webhooks', `events WHERE event_id = 'undelivered'`)).toBe(1);
  expect(count('orders', `order_timeline WHERE order_id = 'waiting'`)).toBe(1);

  const order = await customer.get(`/orders/${orderId}`);
  expect(order).toMatchObject({ status: 200, body: { orderId, status: 'CONFIRMED' } });
  expect(await customer.get(`/orders/${orderId}/timeline`)).toMatchObject({
    status: 200,
    body: { items: [] },
  });

  // The platform goes on as before, and nothing is delivered twice.
  const nextId = await comanda.place(orderOf(PRODUCTS.espresso));
  await until(
    'another order is confirmed',
    () => count('orders', `orders WHERE order_id = '${nextId}' AND status = 'CONFIRMED'`) === 1,
  );
  const about = comanda.witness.receiver.attempts.slice(delivered).map(({ body }) => String(body));
  expect(about.filter((body) => body.includes(orderId))).toEqual([]);
});

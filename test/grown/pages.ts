import { join } from 'node:path';
import type { DatabaseName } from '@comanda/contracts';
import Sqlite from 'better-sqlite3';

/** Something that people look at, of several orders, products or deliveries. */
export interface Page {
  readonly name: string;
  /** The busiest customer is the demo's; any other one has placed some orders on one day. */
  readonly as: 'staff' | 'customer' | 'the busiest customer';
  readonly paths: readonly string[];
}

/** So many different ones are asked for. */
const ONES = 50;
const OF_ORDERS = ['', 'status=CANCELLED', 'status=PENDING'];
const OF_DELIVERIES = [
  ...['', 'status=DELIVERED', 'status=FAILED'],
  ...['eventType=order.cancelled', 'eventType=webhook.subscriptionDisabled'],
];

/** The pages of a platform with these databases: each list by each filter, also by one that fits nothing or what is old. */
export function pagesIn(directory: string): Page[] {
  const read = (name: DatabaseName, statement: string): string[] =>
    texts(directory, name, `${statement} LIMIT ${ONES}`);
  const orders = read('orders', 'SELECT order_id FROM orders ORDER BY order_id');
  const products = read(
    'products',
    `SELECT product_id FROM products WHERE name LIKE 'Blend%' ORDER BY product_id`,
  );
  const skus = read('products', `SELECT sku FROM products WHERE name LIKE 'Blend%' ORDER BY product_id`);
  const deliveries = read('webhooks', 'SELECT delivery_id FROM deliveries ORDER BY delivery_id DESC');
  const events = read('webhooks', 'SELECT event_id FROM events ORDER BY event_id DESC');
  const [subscription] = read('webhooks', 'SELECT subscription_id FROM subscriptions');
  const old = `createdBefore=${read('orders', 'SELECT created_at FROM orders ORDER BY created_at').at(-1)}`;
  const page = (as: Page['as'], name: string, ...paths: readonly string[]): Page => ({ name, as, paths });
  const list = (as: Page['as'], path: string, filter: string): Page =>
    page(as, `${path} ${filter}`, `${path}?${filter}`);
  return [
    ...['', '/status', '/timeline', '/payments', '/refunds'].map((part) =>
      page('staff', `an order${part}`, ...orders.map((id) => `orders/${id}${part}`)),
    ),
    ...(['customer', 'the busiest customer', 'staff'] as const).flatMap((as) =>
      [...OF_ORDERS, old, `${old}&status=REJECTED`, `createdAfter=2026-01-01T00:00:00.000Z`].map((filter) =>
        list(as, 'orders', filter),
      ),
    ),
    ...[...OF_DELIVERIES, ...OF_DELIVERIES.map((filter) => `subscriptionId=${subscription}&${filter}`)].map(
      (filter) => list('staff', 'deliveries', filter),
    ),
    page('staff', 'the deliveries of an order', ...orders.map((id) => `deliveries?orderId=${id}`)),
    page('staff', 'a delivery', ...deliveries.map((id) => `deliveries/${id}`)),
    page('staff', 'the deliveries of an event', ...events.map((id) => `deliveries?eventId=${id}`)),
    list('staff', 'deliveries', `subscriptionId=${subscription}&since=2026-01-01T00:00:00.000Z`),
    list('staff', 'deliveries', `replayId=${subscription}`),
    page(
      'staff',
      'a subscription',
      ...['', '/stats', '/replays'].map((part) => `subscriptions/${subscription}${part}`),
    ),
    list('staff', 'subscriptions', ''),
    list('customer', 'products', ''),
    list('customer', 'products', 'active=true'),
    list('customer', 'products', 'q=blend'),
    page('customer', 'products by a SKU', ...skus.map((sku) => `products?q=${sku}`)),
    page('customer', 'a product', ...products.map((id) => `products/${id}`)),
    page('staff', 'the movements of a product', ...products.map((id) => `products/${id}/movements`)),
    list('staff', 'dead-letters', ''),
    list('staff', 'dead-letters', 'type=order.created'),
  ];
}

/** The e-mail address of some customer who traded in the sample. */
export function someCustomer(directory: string): string {
  const [email] = texts(
    directory,
    'gateway',
    `SELECT email FROM accounts WHERE email LIKE '%@customers.example' LIMIT 1`,
  );
  if (email === undefined) throw new Error('there is no customer');
  return email;
}

function texts(directory: string, name: DatabaseName, statement: string): string[] {
  const database = new Sqlite(join(directory, `${name}.db`), { readonly: true });
  try {
    return database.prepare<[], string>(statement).pluck().all();
  } finally {
    database.close();
  }
}

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { DATABASE_OWNERS } from '@comanda/contracts';
import { startPlatform } from '@comanda/local-infra';
import { CUSTOMER, DEMO_PRODUCT, STAFF } from '../../scripts/dist/demo-accounts.js';
import { startChild } from '../measure/child.mjs';
import { answerOf, logIn, post } from './api.mjs';
import { countOrders } from './count-orders.mjs';

/** With everything on but the waiting of the simulated provider and the limits that would refuse the load. */
export const CONFIGURATION = {
  COMANDA_DEMO: 'true',
  LOG_LEVEL: 'info',
  PAYMENT_SIM_LATENCY_MS: '0',
  RATE_LIMIT_PER_MINUTE: '0',
  AUTH_RATE_LIMIT_PER_MINUTE: '0',
};
const bodyFor = (productId) =>
  JSON.stringify({ items: [{ productId, quantity: 1 }], payment: { method: 'sim_approved' } });
const AT_ONCE = 20;
const PLENTY = 1_000_000;
/** `order.created` and `order.confirmed`. */
const WEBHOOKS_PER_ORDER = 2;
const FAILED = ['REJECTED', 'CANCELLED'];
const PRICES_KNOWN_WITHIN_MS = 30_000;
const WEBHOOKS_STALLED_MS = 15_000;

/**
 * The five real services, with one webhook subscription that is really delivered.
 *
 * @type {import('../measure/subject.mjs').Start}
 *   `postgresUrl`: instead of SQLite files, a schema for each service in this database.
 *   `webhookPort`: the one of an earlier start on the same databases, whose subscription stands.
 *   `settings`: of the services, besides those of every start.
 *   `products`: so many more are made, and orders can be placed for one after the other (`orders.many()`)
 */
export async function startComanda({
  rabbitUrl,
  redisUrl,
  directory,
  postgresUrl,
  webhookPort,
  products = 0,
  settings = {},
}) {
  const webhooks = { received: 0, lastAt: 0 };
  const receiver = await startChild(new URL('./webhook-receiver.mjs', import.meta.url), {
    env: { PORT: String(webhookPort ?? 0) },
    onMessage: (told) => Object.assign(webhooks, told),
  });
  const env = { ...CONFIGURATION, ...settings, ...(postgresUrl && databasesIn(postgresUrl)) };
  const platform = await startPlatform({ directory, rabbitUrl, redisUrl, env });
  const api = `${platform.url}/api/v1`;
  if (webhookPort === undefined) await subscribe(api, `http://127.0.0.1:${receiver.first.port}/`);

  const authorization = await logIn(api, CUSTOMER);
  const order = {
    url: `${api}/orders`,
    headers: { 'content-type': 'application/json', authorization },
    body: bodyFor(DEMO_PRODUCT),
  };
  const counted = await countOrders(directory, postgresUrl);
  await firstConfirmed(order);

  const bodies = await makeProducts(api, products);
  // Prices arrive in the order in which they were published.
  if (products > 0) await firstConfirmed({ ...order, body: bodies.at(-1) });

  return {
    name: 'Comanda',
    webhookPort: receiver.first.port,
    operatorUrls: platform.operatorUrls,
    order: () => order,
    orderOfMany: () => ({ ...order, bodies }),
    placeAndAwait: async () => {
      const status = await placeAndPoll(order);
      if (status !== 'CONFIRMED') throw new Error(`An order ended ${status}`);
    },
    reads: () => readsOf(api, authorization),
    completed: () => counted.confirmed(),
    settle: () => allWebhooks(webhooks, async () => (await counted.placed()) * WEBHOOKS_PER_ORDER),
    stop: async () => {
      await counted.close();
      await platform.stop();
      await receiver.stop();
    },
  };
}

/** A schema of its own for each service. */
const databasesIn = (postgresUrl) =>
  Object.fromEntries(
    DATABASE_OWNERS.map(({ alias, database }) => [database.variable, `${postgresUrl}?schema=${alias}`]),
  );

/** What is read, beside the status of one order, the first of them. */
async function readsOf(api, authorization) {
  const own = { authorization };
  const all = { authorization: await logIn(api, STAFF) };
  const { items } = await answerOf(fetch(`${api}/orders?limit=1`, { headers: own }));
  return {
    'one status': { url: `${api}/orders/${items[0].orderId}/status`, headers: own },
    'one order': { url: `${api}/orders/${items[0].orderId}`, headers: own },
    "a customer's orders": { url: `${api}/orders`, headers: own },
    'all orders': { url: `${api}/orders`, headers: all },
    'the catalogue': { url: `${api}/products` },
    'the catalogue, anew': { url: `${api}/products`, headers: { 'cache-control': 'no-cache' } },
    'one product': { url: `${api}/products/${DEMO_PRODUCT}` },
  };
}

/** Asks for the status without a pause until the order has come to an end; returns how it ended. */
async function placeAndPoll({ url, headers, body }) {
  const { orderId } = await answerOf(fetch(url, { method: 'POST', headers, body }));
  for (;;) {
    const { status } = await answerOf(fetch(`${url}/${orderId}/status`, { headers }));
    if (status === 'CONFIRMED' || FAILED.includes(status)) return status;
  }
}

/** Ready services may still have to hear from each other what the demo's products cost. */
async function firstConfirmed(order) {
  const deadline = performance.now() + PRICES_KNOWN_WITHIN_MS;
  for (;;) {
    const outcome = await placeAndPoll(order).catch((error) => error);
    if (outcome === 'CONFIRMED') return;
    if (performance.now() > deadline) throw new Error('No order could be confirmed', { cause: outcome });
    await delay(250);
  }
}

/** Waits for the webhooks of all orders, so that what is measured next is not disturbed by them. */
async function allWebhooks(webhooks, expected) {
  const before = webhooks.received;
  const start = performance.now();
  let last = before;
  let at = start;
  while (webhooks.received < (await expected()) && performance.now() - at < WEBHOOKS_STALLED_MS) {
    await delay(500);
    if (webhooks.received > last) {
      last = webhooks.received;
      at = performance.now();
    }
  }
  return {
    webhooksExpected: await expected(),
    webhooksReceived: webhooks.received,
    webhooksLateSeconds: Math.round((at - start) / 100) / 10,
    lastWebhookAt: webhooks.lastAt,
  };
}

async function subscribe(api, target) {
  const authorization = await logIn(api, STAFF);
  const subscription = { channel: 'webhook', target, eventTypes: ['order.*'] };
  await post(`${api}/subscriptions`, subscription, { authorization, 'idempotency-key': randomUUID() });
}

/** Products with plenty of stock; the bodies of orders for one of each. */
async function makeProducts(api, count) {
  const authorization = await logIn(api, STAFF);
  const bodies = [];
  for (let made = 0; made < count; made += AT_ONCE) {
    const names = Array.from({ length: Math.min(AT_ONCE, count - made) }, (_, at) => made + at);
    const answers = await Promise.all(
      names.map((name) => {
        const product = {
          sku: `BENCH-${name}`,
          name: `Bench ${name}`,
          price: 100,
          currency: 'EUR',
          stock: PLENTY,
        };
        return post(`${api}/products`, product, { authorization, 'idempotency-key': randomUUID() });
      }),
    );
    for (const { productId } of answers) bodies.push(bodyFor(productId));
  }
  return bodies;
}

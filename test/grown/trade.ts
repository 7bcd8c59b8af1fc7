import { randomUUID } from 'node:crypto';
import { ProductView } from '@comanda/contracts';
import { z } from 'zod';
import { type Answer, Api, CUSTOMER, orderOf, STAFF } from '../support/api.js';
import { until } from '../support/until.js';

/** What becomes of one order after the other; then again from the start. */
const MIX = [
  ...(['confirmed', 'fulfilled', 'fulfilled', 'declined', 'fulfilled'] as const),
  ...(['sold out', 'fulfilled', 'cancelled', 'fulfilled', 'refunded'] as const),
];
type Fate = (typeof MIX)[number];

/** So many orders are under way at the same time. */
const CLIENTS = 16;
/** Beside them orders the demo's customer, who is one in all copies and so the busiest by far. */
const ORDERS_PER_CUSTOMER = 50;
const ORDERS_PER_PRODUCT = 50;
const STOCK = 100_000;
/** Of each of them. */
export const SAMPLE_PASSWORD = 'a sample of trade';

/**
 * A sample of trade through the API: products and customers of its own, and orders that end in each way there is. Resolves
 * when clients see the end of all of them.
 */
export async function trade(url: string, orders: number): Promise<void> {
  const staff = await Api.logIn(url, STAFF.email);
  const customers = await customersOf(url, orders);
  const products: string[] = [];
  while (products.length * ORDERS_PER_PRODUCT < orders) products.push(await newProduct(staff));
  await pricesKnown(nth(customers, 0), products);
  let placed = 0;
  const client = async (): Promise<void> => {
    while (placed < orders) {
      const number = placed++;
      await serve(nth(MIX, number), nth(products, number), nth(customers, number), staff);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}

async function serve(fate: Fate, productId: string, customer: Api, staff: Api): Promise<void> {
  const quantity = fate === 'sold out' ? STOCK + 1 : 2;
  const method = fate === 'declined' ? 'sim_declined' : 'sim_approved';
  const orderId = await customer.place(orderOf(productId, quantity, method), keyed());
  await customer.ended(orderId);
  const path = `/orders/${orderId}`;
  if (fate === 'fulfilled') {
    await done(staff.post(`${path}/fulfil`, undefined, keyed()));
    await customer.orderThat(orderId, 'is fulfilled', ({ status }) => status === 'FULFILLED');
  } else if (fate === 'cancelled') {
    await customer.timelineWith(orderId, 'product.stockCommitted');
    await done(customer.post(`${path}/cancel`, { reason: 'Changed my mind' }, keyed()));
    await customer.refunded(orderId);
  } else if (fate === 'refunded') {
    await done(staff.post(`${path}/refunds`, { amount: 100, reason: 'Cold' }, keyed()));
    await customer.refunded(orderId, 100);
  }
}

async function customersOf(url: string, orders: number): Promise<Api[]> {
  const customers = [await Api.logIn(url, CUSTOMER.email)];
  for (let made = 0; made * ORDERS_PER_CUSTOMER < orders; made += 1) {
    const email = `${randomUUID()}@customers.example`;
    await done(new Api(url).post('/auth/register', { email, password: SAMPLE_PASSWORD }));
    customers.push(await Api.logIn(url, email, SAMPLE_PASSWORD));
  }
  return customers;
}

/** What must be unique has an id in it, so that it is unique among the copies, too. */
async function newProduct(staff: Api): Promise<string> {
  const sku = randomUUID();
  const body = { sku, name: `Blend ${sku}`, price: 250, currency: 'EUR', stock: STOCK };
  return ProductView.parse((await done(staff.post('/products', body, keyed()))).body).productId;
}

/** Prices reach orders-service in the order in which they were made; until then it rejects the order. */
async function pricesKnown(customer: Api, products: readonly string[]): Promise<void> {
  const last = z.string().parse(products.at(-1));
  await until('the last price is known', async () => {
    const orderId = await customer.place(orderOf(last), keyed());
    return (await customer.ended(orderId)).status === 'CONFIRMED';
  });
}

const keyed = () => ({ 'idempotency-key': randomUUID() });

async function done(pending: Promise<Answer>): Promise<Answer> {
  const answer = await pending;
  if (answer.status >= 300) throw new Error(`answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer;
}

function nth<T>(list: readonly T[], number: number): T {
  const found = list[number % list.length];
  if (found === undefined) throw new Error('the list is empty');
  return found;
}

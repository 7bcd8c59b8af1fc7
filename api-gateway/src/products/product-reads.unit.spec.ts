import { GetProduct, ListProducts } from '@comanda/contracts';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { ServiceClient } from '../routes/service-client.js';
import { ProductReads } from './product-reads.js';

const START = 1_000_000;
const context = { tenantId: 'default', correlationId: 'c' };
const about = { subject: 'p-1', anew: false };
const data = { productId: 'p-1' };

let now: number;
let clock: jest.SpiedFunction<typeof performance.now>;
/** Questions that were asked, each to be answered by the test. */
let asked: { tenantId: string; answer(price: number): void; fail(error: Error): void }[];
let reads: ProductReads;
beforeEach(() => {
  now = START;
  clock = jest.spyOn(performance, 'now').mockImplementation(() => now);
  asked = [];
  const ask = (_query: unknown, _data: unknown, { tenantId }: { tenantId: string }) =>
    new Promise((resolve, reject) => {
      asked.push({ tenantId, answer: (price) => resolve({ price }), fail: reject });
    });
  reads = new ProductReads({ ask } as Pick<ServiceClient, 'ask'>);
});
afterEach(() => clock.mockRestore());

const read = (more: Partial<typeof context & typeof about> = {}) =>
  reads.ask(GetProduct, data, { ...context, ...more }, { ...about, ...more });

test('those who ask the same meanwhile, and for less than a second, share one question', async () => {
  const first = read();
  const second = read();
  asked[0]?.answer(200);
  now += 899;
  expect(await Promise.all([first, second, read()])).toEqual(Array(3).fill({ price: 200 }));
  expect(asked).toHaveLength(1);
  void reads.ask(ListProducts, { limit: 20 }, context, about);
  expect(asked).toHaveLength(2);
});

test('an answer is as old as its question: what was asked for long ago is asked for again', async () => {
  const first = read();
  now += 900;
  const second = read();
  asked[0]?.answer(200);
  asked[1]?.answer(210);
  expect(await first).toEqual({ price: 200 });
  expect(await second).toEqual({ price: 210 });
  expect(await read()).toEqual({ price: 210 });
});

test('after a change nothing is shown that was asked for before it, not even what is answered later', async () => {
  const before = read();
  const elsewhere = read({ tenantId: 'north' });
  now += 10;
  reads.forget('default');
  asked[0]?.answer(200);
  asked[1]?.answer(300);
  expect(await before).toEqual({ price: 200 });
  now += 1;
  const after = read();
  asked[2]?.answer(210);
  expect(await after).toEqual({ price: 210 });
  // Another tenant's stays.
  expect(await read({ tenantId: 'north' })).toEqual(await elsewhere);
  expect(asked.map(({ tenantId }) => tenantId)).toEqual(['default', 'north', 'default']);
});

test('who wants no answer that was given before gets a new one, and so do the others then', async () => {
  void read();
  void read({ anew: true });
  asked[1]?.answer(210);
  expect(await read()).toEqual({ price: 210 });
  expect(asked).toHaveLength(2);
});

test('a failure is for those who share the question, and is not remembered', async () => {
  const both = [read(), read()];
  asked[0]?.fail(new Error('away'));
  for (const one of both) await expect(one).rejects.toThrow('away');
  void read();
  expect(asked).toHaveLength(2);
});

test('of many different questions the latest are remembered', async () => {
  for (let at = 0; at < 300; at++)
    void reads.ask(GetProduct, { productId: `p-${at}` }, context, { ...about, subject: `p-${at}` });
  void reads.ask(GetProduct, { productId: 'p-299' }, context, about);
  expect(asked).toHaveLength(300);
  void reads.ask(GetProduct, { productId: 'p-0' }, context, about);
  expect(asked).toHaveLength(301);
});

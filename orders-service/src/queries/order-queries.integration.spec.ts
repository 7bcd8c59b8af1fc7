import { ListOrders, newId } from '@comanda/contracts';
import { aQuery } from '@comanda/test-kit';
import { useDatabase } from '@comanda/test-kit/hooks';
import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { migrations } from '../storage/migrations.js';
import { orders, prices, timeline } from '../storage/tables.js';
import { aConfirmedOrder, anOrder } from '../testing/builders.js';
import { getOrder } from './get-order.js';
import { getOrderBodyHash } from './get-order-body-hash.js';
import { getOrderTimeline } from './get-order-timeline.js';
import { listOrders } from './list-orders.js';

const [TEA, CAKE, GONE] = [newId(), newId(), newId()];
const at = (minute: number) => `2026-01-01T12:0${minute}:00.000Z`;
const ORDERS = [
  anOrder({ orderId: 'o1', bodyHash: 'h1', createdAt: at(1) }),
  aConfirmedOrder({ orderId: 'o2', createdAt: at(2) }),
  anOrder({ orderId: 'o3', customerId: 'c2', createdAt: at(3) }),
  anOrder({ orderId: 'o4', tenantId: 'anna', createdAt: at(4) }),
].map((order) => ({ ...order, items: [] }));
/** Taken before an order kept the names of its products: two are on the price list, one by its name. */
const OLD = anOrder({
  orderId: 'old',
  tenantId: 'anna',
  customerId: 'c3',
  items: [TEA, CAKE, GONE].map((productId) => ({ productId, quantity: 2, unitPrice: 90 })),
});
const listed = (productId: string, originalName: string | null) => ({
  ...{ tenantId: 'anna', productId, sku: originalName && 'TEA', originalName },
  name: 'Renamed since',
  ...{ price: 1, currency: 'EUR', active: true, version: 1 },
});
const step = (messageId: string, causationId: string | null) => ({
  ...{ tenantId: 'default', orderId: 'o1', messageId, causationId, at: at(1) },
  ...{ service: 'orders-service', type: 'order.created', detail: { status: 'PENDING' } },
});
const staff = { accountId: 's1', role: 'staff' };
const customer = { accountId: 'c1', role: 'customer' };

const database = useDatabase(migrations);
beforeEach(async () => {
  await database.transaction(
    async (transaction) => {
      await transaction.saveRows(orders, orders.encodeAll([...ORDERS, OLD]));
      await transaction.saveRows(prices, prices.encodeAll([listed(TEA, 'Tea'), listed(CAKE, null)]));
      await transaction.insertRows(timeline, timeline.encodeAll([step('m2', null), step('m1', 'm2')]));
    },
    ['default', 'anna'],
  );
});

const list = async (data: object) => {
  const reply = await listOrders.answer(database, aQuery({ viewer: staff, limit: 10, ...data }));
  if (!reply.ok) throw new Error(reply.refusal.code);
  const { items, nextCursor } = reply.result as { items: { orderId: string }[]; nextCursor: string | null };
  return { ids: items.map(({ orderId }) => orderId), nextCursor };
};

describe('a list of orders', () => {
  test('is the newest first, of one tenant, and a customer sees their own', async () => {
    expect(await list({})).toEqual({ ids: ['o3', 'o2', 'o1'], nextCursor: null });
    expect(await list({ viewer: customer })).toEqual({ ids: ['o2', 'o1'], nextCursor: null });
  });

  test('of a status, or of a time, leaves out the others', async () => {
    expect((await list({ status: 'CONFIRMED' })).ids).toEqual(['o2']);
    expect((await list({ createdAfter: at(1), createdBefore: at(3) })).ids).toEqual(['o2']);
  });

  test('of a time holds what is in it, however exactly and with whatever offset its ends are written', async () => {
    const edge = fc.record({
      ms: fc.integer({ min: -1, max: 1 }),
      ns: fc.bigInt(0n, 999_999n),
      hours: fc.integer({ min: -12, max: 14 }),
    });
    await fc.assert(
      fc.asyncProperty(edge, fc.constantFrom(1, 2, 3), async ({ ms, ns, hours }, minute) => {
        const [there, sign] = [String(Math.abs(hours)).padStart(2, '0'), hours < 0 ? '-' : '+'];
        const local = new Date(Date.parse(at(minute)) + ms + hours * 3_600_000).toISOString().slice(0, -1);
        const bound = `${local}${String(ns).padStart(6, '0')}${sign}${there}:00`;
        const edgeNs = BigInt(Date.parse(at(minute)) + ms) * 1_000_000n + ns;
        const inTime = (after: boolean) =>
          [3, 2, 1]
            .filter((one) => {
              const made = BigInt(Date.parse(at(one))) * 1_000_000n;
              return after ? made > edgeNs : made < edgeNs;
            })
            .map((one) => `o${one}`);
        const { createdAfter, createdBefore } = ListOrders.data.shape;
        expect((await list({ createdAfter: createdAfter.parse(bound) })).ids).toEqual(inTime(true));
        expect((await list({ createdBefore: createdBefore.parse(bound) })).ids).toEqual(inTime(false));
      }),
      { numRuns: 60 },
    );
  });

  test('goes on where the page before it ended', async () => {
    const first = await list({ limit: 2 });
    expect(first).toEqual({ ids: ['o3', 'o2'], nextCursor: expect.any(String) });
    expect(await list({ limit: 2, cursor: first.nextCursor })).toEqual({ ids: ['o1'], nextCursor: null });
  });
});

test('an order is shown to its customer and to staff; to others it is unknown', async () => {
  const get = (viewer: object) => getOrder.answer(database, aQuery({ orderId: 'o3', viewer }));
  expect(await get(staff)).toMatchObject({ ok: true, result: { orderId: 'o3', customerId: 'c2' } });
  expect(await get({ ...customer, accountId: 'c2' })).toMatchObject({ ok: true });
  expect(await get(customer)).toMatchObject({ ok: false, refusal: { code: 'UNKNOWN_ORDER' } });
});

test('a timeline shows its steps in the order in which they were learned', async () => {
  const timelineOf = (orderId: string) =>
    getOrderTimeline.answer(database, aQuery({ orderId, viewer: customer }));
  expect(await timelineOf('o1')).toMatchObject({
    ok: true,
    result: { items: [{ messageId: 'm2' }, { messageId: 'm1', causationId: 'm2' }] },
  });
  expect(await timelineOf('o2')).toEqual({ ok: true, result: { items: [] } });
  expect(await timelineOf('o3')).toMatchObject({ ok: false, refusal: { code: 'UNKNOWN_ORDER' } });
});

test('by which request an order was placed is told to its owner, and not shown with the order', async () => {
  const hash = (orderId: string, viewer = customer) =>
    getOrderBodyHash.answer(database, aQuery({ orderId, viewer }));
  expect(await hash('o1')).toEqual({ ok: true, result: { bodyHash: 'h1' } });
  expect(await hash('o2')).toEqual({ ok: true, result: { bodyHash: null } });
  expect(await hash('o3')).toMatchObject({ ok: false, refusal: { status: 404 } });
  const shown = await getOrder.answer(database, aQuery({ orderId: 'o1', viewer: customer }));
  expect(shown).toMatchObject({ ok: true });
  expect(JSON.stringify(shown)).not.toMatch(/bodyHash|h1/);
});

describe('an order of an earlier build', () => {
  const items = [
    { productId: TEA, sku: 'TEA', name: 'Tea', quantity: 2, unitPrice: 90, lineTotal: 180 },
    ...[CAKE, GONE].map((productId) => ({
      ...{ productId, sku: productId, name: productId },
      ...{ quantity: 2, unitPrice: 90, lineTotal: 180 },
    })),
  ];
  const asked = (more: object) => ({ ...aQuery({ viewer: staff, limit: 10, ...more }), tenantid: 'anna' });

  test('has the first names that the price list knew, and ids where it knows none', async () => {
    expect(await getOrder.answer(database, asked({ orderId: 'old' }))).toMatchObject({ result: { items } });
    expect(await listOrders.answer(database, asked({}))).toMatchObject({
      result: { items: expect.arrayContaining([expect.objectContaining({ orderId: 'old', items })]) },
    });
  });
});

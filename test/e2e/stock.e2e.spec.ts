import { CreateOrder, newId } from '@comanda/contracts';
import { anEnvelope } from '@comanda/test-kit';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { CUSTOMER, orderOf, PRODUCTS, STAFF } from '../support/api.js';
import { checkBooks } from '../support/books.js';
import { until } from '../support/until.js';
import { useInstallation } from '../support/use-installation.js';

const Movements = z.object({
  items: z.array(
    z.strictObject({
      at: z.iso.datetime(),
      delta: z.number(),
      reason: z.string(),
      orderId: z.string().optional(),
      actor: z.string(),
      before: z.number(),
      after: z.number(),
    }),
  ),
  nextCursor: z.string().nullable(),
});

describe('stock', () => {
  const comanda = useInstallation({ tapped: true });
  const { accepted, wire } = comanda;

  const place = (...order: Parameters<typeof orderOf>) => comanda.place(orderOf(...order));
  const order = (...order: Parameters<typeof orderOf>) => comanda.placed(orderOf(...order));
  const adjust = async (productId: string, delta: number) => {
    const answer = await comanda.staff.post(`/products/${productId}/stock-adjustments`, {
      delta,
      reason: 'Counted',
    });
    expect(answer.status).toBe(200);
  };
  const movements = async (productId: string, query = '') =>
    Movements.parse((await comanda.staff.get(`/products/${productId}/movements${query}`)).body);
  /** The events of a product so far. Ends with an adjustment, which stands behind all that came before it. */
  async function publishedAbout(productId: string): Promise<unknown[]> {
    await adjust(productId, 1_000);
    const published = () =>
      wire.seen.filter(
        ({ envelope }) => envelope.subject === productId && envelope.source === 'products-service',
      );
    await until('the last adjustment was published', () =>
      published().some(({ envelope }) => envelope.data.delta === 1_000),
    );
    return published()
      .sort((one, other) => (one.envelope.sequence ?? 0) - (other.envelope.sequence ?? 0))
      .slice(0, -1)
      .map(({ routingKey, envelope: { sequence, data } }) => {
        const { available, delta, reason } = data;
        return routingKey === 'product.stockLow' ? { sequence, available, delta, reason } : routingKey;
      });
  }

  it('that comes down to its threshold is published once each time, whatever the cause', async () => {
    const productId = await comanda.product('LOW', { stock: 6, lowStockThreshold: 3 });
    await order(productId, 2);
    await order(productId, 1);
    await order(productId, 1);
    await adjust(productId, -1);
    await adjust(productId, 5);
    await adjust(productId, -5);
    // Refused for want of stock, and held and put back: neither brings it down to the threshold from above.
    expect(await order(productId, 50)).toMatchObject({ failureCode: 'OUT_OF_STOCK' });
    expect(await order(productId, 1, 'sim_declined')).toMatchObject({ failureCode: 'CARD_DECLINED' });
    await comanda.customer.available(productId, 1);
    expect(await publishedAbout(productId)).toEqual([
      'product.created',
      { sequence: 2, available: 3, delta: -1, reason: 'reserved' },
      'product.stockChanged',
      'product.stockChanged',
      'product.stockChanged',
      { sequence: 6, available: 1, delta: -5, reason: 'Counted' },
    ]);
  });

  it('is low as well when the threshold comes up to it, and never without a threshold', async () => {
    const productId = await comanda.product('RISING', { stock: 4 });
    const threshold = async (lowStockThreshold: number | null) => {
      const answer = await comanda.staff.patch(`/products/${productId}`, { lowStockThreshold });
      expect(answer).toMatchObject({ status: 200, body: { available: 4 } });
      expect(Object.keys(answer.body as object).sort()).toEqual(
        ['active', 'available', 'currency', 'name', 'price', 'productId', 'sku'].sort(),
      );
    };
    for (const level of [3, 4, 9, null, 4, 3]) await threshold(level);
    await threshold(null);
    await order(productId, 4);
    expect(await publishedAbout(productId)).toEqual([
      'product.created',
      { sequence: 2, available: 4, delta: 0, reason: 'threshold' },
      { sequence: 3, available: 4, delta: 0, reason: 'threshold' },
    ]);
    const refused = await comanda.staff.patch(`/products/${productId}`, { lowStockThreshold: -1 });
    expect(refused).toMatchObject({ status: 400 });
  });

  it('has a movement for each of its changes, newest first, in pages that others do not move', async () => {
    const productId = await comanda.product('MOVED', { stock: 10 });
    const sold = await place(productId, 3);
    await comanda.customer.ended(sold);
    await comanda.customer.timelineWith(sold, 'product.stockCommitted');
    const declined = await place(productId, 2, 'sim_declined');
    await comanda.customer.ended(declined);
    await comanda.customer.available(productId, 7);
    await adjust(productId, 5);
    const first = await movements(productId, '?limit=2');
    await comanda.staff.post(`/orders/${sold}/cancel`, { reason: 'Burnt' });
    await comanda.customer.available(productId, 15);
    const second = await movements(productId, `?limit=2&cursor=${first.nextCursor}`);
    const third = await movements(productId, `?limit=2&cursor=${second.nextCursor}`);
    expect(third.nextCursor).toBeNull();
    const all = [...first.items, ...second.items, ...third.items].map(({ at: _, ...rest }) => rest);
    const staff = { actor: STAFF.accountId };
    expect(all).toEqual([
      { delta: 5, reason: 'Counted', before: 7, after: 12, ...staff },
      { delta: 2, reason: 'released', orderId: declined, actor: 'orders', before: 5, after: 7 },
      { delta: -2, reason: 'reserved', orderId: declined, actor: 'orders', before: 7, after: 5 },
      { delta: -3, reason: 'reserved', orderId: sold, actor: 'orders', before: 10, after: 7 },
      { delta: 10, reason: 'initial stock', before: 0, after: 10, ...staff },
    ]);
    // What was sold came back to the shelf: the only one that is newer than what the first page began with.
    const { items, nextCursor } = await movements(productId);
    expect(items.slice(0, 2)).toMatchObject([
      { delta: 3, reason: 'released', orderId: sold, before: 12, after: 15 },
      { delta: 5 },
    ]);
    expect([items.length, nextCursor]).toEqual([6, null]);
  });

  it('shows its movements to staff alone, of products that there are', async () => {
    const status = async (api: typeof comanda.staff, path: string) => (await api.get(path)).status;
    const path = `/products/${PRODUCTS.espresso}/movements`;
    expect(await status(comanda.customer, path)).toBe(403);
    expect(await status(comanda.staff, `/products/${PRODUCTS.unknown}/movements`)).toBe(404);
    for (const cursor of ['nonsense', Buffer.from('["1; DROP","x"]').toString('base64url')])
      expect(await status(comanda.staff, `${path}?cursor=${cursor}`)).toBe(400);
  });

  it('of two lines of one product is one reservation', async () => {
    const productId = await comanda.product('TWICE', { stock: 5 });
    const lines = (...quantities: number[]) => ({
      items: quantities.map((quantity) => ({ productId, quantity })),
      payment: { method: 'sim_approved' },
    });
    // Each line alone could be had, both together not.
    expect(await comanda.placed(lines(3, 3))).toMatchObject({ failureCode: 'OUT_OF_STOCK' });
    const enough = await comanda.place(lines(3, 2));
    expect(await comanda.customer.ended(enough)).toMatchObject({ status: 'CONFIRMED', totalAmount: 500 });
    expect((await movements(productId)).items).toMatchObject([
      { delta: -5, orderId: enough, before: 5, after: 0 },
      { delta: 5 },
    ]);
  });

  describe('of an order is priced when it is taken', () => {
    it('and a name and a price that change before it is paid change nothing of it', async () => {
      const productId = await comanda.product('SNAPSHOT', { stock: 5 });
      await comanda.platform.stopOne('payments');
      const orderId = await place(productId, 2);
      await comanda.customer.awaitingPayment(orderId);
      await comanda.staff.patch(`/products/${productId}`, { name: 'Renamed', price: 999 });
      await comanda.listed(productId, 999);
      await comanda.platform.start('payments');
      const line = {
        productId,
        sku: 'SNAPSHOT',
        name: 'SNAPSHOT',
        quantity: 2,
        unitPrice: 100,
        lineTotal: 200,
      };
      const priced = { totalAmount: 200, items: [line] };
      expect(await comanda.customer.ended(orderId)).toMatchObject({ status: 'CONFIRMED', ...priced });
      expect(await comanda.customer.payments(orderId)).toMatchObject([{ amount: 200, status: 'COMPLETED' }]);
      expect(await order(productId, 1)).toMatchObject({ totalAmount: 999 });
    });

    it('and is refused when a product is not for sale any longer, whichever service notices', async () => {
      const productId = await comanda.product('GONE', { stock: 5 });
      await comanda.staff.patch(`/products/${productId}`, { active: false });
      await comanda.listed(productId, 100, false);
      expect(await comanda.customer.post('/orders', { productId, quantity: 1 })).toMatchObject({
        status: 422,
        body: { code: 'PRODUCT_INACTIVE' },
      });
      expect(await taken(productId)).toMatchObject({ status: 'REJECTED', failureCode: 'INACTIVE_PRODUCT' });
      await comanda.staff.patch(`/products/${productId}`, { active: true });
      await comanda.listed(productId, 100);
      expect(await taken(productId)).toMatchObject({ status: 'CONFIRMED' });
    });

    it('and is refused when orders-service does not know a product that there is', async () => {
      const productId = await comanda.product('UNHEARD', { stock: 5 });
      expect(comanda.tamper('orders', `DELETE FROM prices WHERE product_id = '${productId}'`)).toBe(1);
      // products-service knows it, so the gateway takes the order; no service makes up a price for it.
      expect(await order(productId, 1)).toMatchObject({
        status: 'REJECTED',
        failureCode: 'UNKNOWN_PRODUCT',
        totalAmount: 0,
      });
      expect((await movements(productId)).items).toHaveLength(1);
      await comanda.staff.patch(`/products/${productId}`, { price: 100, name: 'Heard of again' });
      await comanda.listed(productId, 100);
      expect(await order(productId, 1)).toMatchObject({ status: 'CONFIRMED', totalAmount: 100 });
    });

    /** An order that reaches orders-service although the gateway would not take it. */
    async function taken(productId: string) {
      const orderId = newId();
      accepted.push(orderId);
      const items = [{ productId, quantity: 1 }];
      const data = { orderId, customerId: CUSTOMER.accountId, items, paymentMethod: 'sim_approved' };
      wire.send(anEnvelope(CreateOrder, { subject: orderId, data }));
      return await comanda.customer.ended(orderId);
    }
  });

  it('leaves the books right', async () => {
    await checkBooks(comanda);
  });
});

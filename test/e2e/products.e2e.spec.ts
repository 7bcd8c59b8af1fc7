import { newId } from '@comanda/contracts';
import { describe, expect, it } from '@jest/globals';
import { orderOf } from '../support/api.js';
import { checkBooks } from '../support/books.js';
import { until } from '../support/until.js';
import { useInstallation } from '../support/use-installation.js';
import type { Seen } from '../support/wire.js';

describe('a product', () => {
  const comanda = useInstallation({ tapped: true });
  let productId = '';

  const order = (quantity: number) => comanda.placed(orderOf(productId, quantity));
  it('is made by staff, and can be ordered as soon as orders-service knows its price', async () => {
    const product = { sku: 'PAN-TUMACA', name: 'Pan tumaca', price: 330, currency: 'EUR', stock: 6 };
    const created = await comanda.staff.post('/products', product);
    const { stock: available, ...rest } = product;
    expect(created).toMatchObject({ status: 201, body: { ...rest, available, active: true } });
    ({ productId } = created.body as { productId: string });
    expect(created.headers.get('location')).toBe(`/api/v1/products/${productId}`);
    expect(await comanda.staff.post('/products', product)).toMatchObject({
      status: 409,
      body: { code: 'SKU_TAKEN' },
    });
    await comanda.listed(productId, 330);
    expect(await order(2)).toMatchObject({ status: 'CONFIRMED', totalAmount: 660 });
  });

  it('sells at its new price after a change, and old orders keep theirs', async () => {
    expect(await comanda.staff.patch(`/products/${productId}`, { price: 350 })).toMatchObject({
      status: 200,
      body: { price: 350, available: 4 },
    });
    await comanda.listed(productId, 350);
    expect(await order(1)).toMatchObject({ status: 'CONFIRMED', totalAmount: 350 });
    expect((await comanda.customer.order(comanda.accepted[0] ?? '')).totalAmount).toBe(660);
  });

  it('is added to stock and removed, never below zero', async () => {
    const adjust = (delta: number) =>
      comanda.staff.post(`/products/${productId}/stock-adjustments`, { delta, reason: 'Counted' });
    expect(await adjust(-4)).toMatchObject({ status: 409, body: { code: 'NOT_ENOUGH_STOCK' } });
    expect(await adjust(-3)).toMatchObject({ status: 200, body: { available: 0 } });
    expect(await order(1)).toMatchObject({ status: 'REJECTED', failureCode: 'OUT_OF_STOCK' });
    expect(await adjust(10)).toMatchObject({ status: 200, body: { available: 10 } });
    expect(await order(10)).toMatchObject({ status: 'CONFIRMED' });
  });

  it('that is adjusted by many at once adds up', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        comanda.staff.post(`/products/${productId}/stock-adjustments`, {
          delta: at % 2 === 0 ? 3 : -1,
          reason: 'Counted by many',
        }),
      ),
    );
    const done = answers.filter(({ status }) => status === 200).length;
    const refused = answers.filter(({ status }) => status === 409).length;
    expect(done + refused).toBe(20);
    // Thirty came; of ten who took one away, some may have found the shelf empty.
    await comanda.customer.available(productId, 30 - (10 - refused));
  });

  it('is adjusted once, however often the same adjustment is asked for', async () => {
    const { wire } = comanda;
    const before = wire.seen.length;
    const { available } = await comanda.customer.product(productId);
    const reason = 'Asked for again and again';
    const adjusted = await comanda.staff.post(`/products/${productId}/stock-adjustments`, {
      delta: 5,
      reason,
    });
    expect(adjusted).toMatchObject({ status: 200, body: { available: available + 5 } });
    const asked = (): Seen | undefined => wire.seen.find(({ envelope }) => envelope.data.reason === reason);
    await until('the command was seen', () => asked() !== undefined);
    // As the gateway sends it again when the answer got lost: another message about the same adjustment.
    const ids = Array.from({ length: 3 }, newId);
    for (const id of ids) {
      const envelope = { ...asked()?.envelope, id, expirytime: undefined };
      wire.publish('products.adjustStock', JSON.stringify(envelope), { messageId: id });
    }
    await until(
      'the copies were handled',
      async () =>
        comanda.rows(
          'products',
          `SELECT 1 FROM inbox WHERE message_id IN (${ids.map(() => '?').join()})`,
          ...ids,
        ).length === ids.length,
    );
    const movements = comanda.rows('products', 'SELECT 1 FROM movements WHERE reason = ?', reason);
    expect(movements).toHaveLength(1);
    expect((await comanda.customer.product(productId)).available).toBe(available + 5);
    expect(
      wire.seen.slice(before).filter(({ routingKey }) => routingKey === 'product.stockChanged'),
    ).toHaveLength(1);
  });

  it('is left alone by customers', async () => {
    expect((await comanda.customer.patch(`/products/${productId}`, { price: 1 })).status).toBe(403);
    const answer = await comanda.customer.post(`/products/${productId}/stock-adjustments`, {
      delta: 1,
      reason: 'Mine',
    });
    expect(answer.status).toBe(403);
  });

  it('leaves the books right', async () => {
    const books = await checkBooks(comanda);
    expect(books).toMatchObject({ orders: 4, confirmed: 3, rejected: 1, kept: 660 + 350 + 3500 });
    expect(books.sold.get(productId)).toBe(13);
  });
});

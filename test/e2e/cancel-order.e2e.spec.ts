import { describe, expect, it } from '@jest/globals';
import { orderOf, PRODUCTS, STEPS_UNTIL_SOLD } from '../support/api.js';
import { checkBooks } from '../support/books.js';
import { useInstallation } from '../support/use-installation.js';

const typesOf = (steps: readonly { type: string }[]): string[] => steps.map(({ type }) => type);

describe('an order that is called off', () => {
  // Time enough to cancel while the provider is asked.
  const comanda = useInstallation({ env: { PAYMENT_SIM_LATENCY_MS: '1500' } });

  const place = (method: string) => comanda.place(orderOf(PRODUCTS.medialuna, 10, method));

  it('while its money is being captured gets all of it back, and its stock returns', async () => {
    const orderId = await place('sim_approved');
    await comanda.customer.awaitingPayment(orderId);
    await comanda.customer.available(PRODUCTS.medialuna, 490);
    const answer = await comanda.customer.post(`/orders/${orderId}/cancel`, { reason: 'Changed my mind' });
    expect(answer).toMatchObject({ status: 202, body: { orderId, status: 'AWAITING_PAYMENT' } });
    expect(await comanda.customer.ended(orderId)).toMatchObject({
      status: 'CANCELLED',
      failureCode: 'CANCELLED_BY_CUSTOMER',
      failureReason: 'Changed my mind',
    });
    await comanda.customer.available(PRODUCTS.medialuna, 500);
    expect(await comanda.customer.refunded(orderId)).toMatchObject({
      status: 'CANCELLED',
      totalAmount: 1900,
      refundedAmount: 1900,
    });
    expect(await comanda.customer.payments(orderId)).toEqual([
      expect.objectContaining({ status: 'REFUNDED', amount: 1900, refundedAmount: 1900 }),
    ]);
    const steps = await comanda.customer.timeline(orderId);
    expect(typesOf(steps)).not.toContain('order.confirmed');
    // The payment came too late, and the timeline says what was made of it.
    expect(steps.find(({ type }) => type === 'payment.completed')?.detail).toMatchObject({
      ignored: 'the order is CANCELLED',
    });
  });

  it('between two tries of its payment is never charged', async () => {
    const orderId = await place('sim_flaky');
    await comanda.customer.awaitingPayment(orderId);
    expect((await comanda.customer.post(`/orders/${orderId}/cancel`)).status).toBe(202);
    expect(await comanda.customer.ended(orderId)).toMatchObject({ status: 'CANCELLED' });
    await comanda.customer.available(PRODUCTS.medialuna, 500);
    const steps = await comanda.customer.timelineWith(orderId, 'payment.failed');
    expect(typesOf(steps)).not.toContain('payment.completed');
    expect(typesOf(steps)).not.toContain('payment.refunded');
    expect((await comanda.customer.order(orderId)).status).toBe('CANCELLED');
  });

  it('after it was confirmed is refunded and restocked', async () => {
    const orderId = await place('sim_approved');
    await comanda.customer.timelineWith(orderId, 'product.stockCommitted');
    await comanda.customer.available(PRODUCTS.medialuna, 490);
    expect((await comanda.staff.post(`/orders/${orderId}/cancel`, { reason: 'Oven broken' })).status).toBe(
      202,
    );
    await comanda.customer.refunded(orderId);
    expect(await comanda.customer.order(orderId)).toMatchObject({
      status: 'CANCELLED',
      failureCode: 'CANCELLED_BY_STAFF',
      refundedAmount: 1900,
    });
    await comanda.customer.available(PRODUCTS.medialuna, 500);
    expect(typesOf(await comanda.customer.timelineWith(orderId, 'product.stockReleased'))).toEqual([
      ...STEPS_UNTIL_SOLD,
      'orders.cancel',
      'order.cancelled',
      expect.stringMatching(/^(product\.stockReleased|payment\.refunded)$/),
      expect.stringMatching(/^(product\.stockReleased|payment\.refunded)$/),
    ]);
  });

  it('a second time stays as it is, and one that was rejected cannot be called off', async () => {
    const orderId = await place('sim_declined');
    expect(await comanda.customer.ended(orderId)).toMatchObject({ status: 'REJECTED' });
    const refused = await comanda.customer.post(`/orders/${orderId}/cancel`);
    expect(refused).toMatchObject({ status: 409, body: { code: 'NOT_CANCELLABLE' } });

    const cancelled = await place('sim_approved');
    await comanda.customer.awaitingPayment(cancelled);
    for (let time = 0; time < 3; time += 1) {
      expect((await comanda.customer.post(`/orders/${cancelled}/cancel`)).status).toBe(202);
    }
    await comanda.customer.refunded(cancelled);
    expect((await comanda.customer.order(cancelled)).refundedAmount).toBe(1900);
  });

  it('leaves the books right: nothing sold, nothing kept', async () => {
    const books = await checkBooks(comanda);
    expect(books).toMatchObject({ orders: 5, confirmed: 0, cancelled: 4, rejected: 1, kept: 0 });
    expect(books.sold.get(PRODUCTS.medialuna)).toBe(0);
    expect(books.available.get(PRODUCTS.medialuna)).toBe(500);
    expect(books.payments).toEqual({ REFUNDED: 3, FAILED: 2 });
  });
});

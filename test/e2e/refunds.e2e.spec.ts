import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { PRODUCTS, type TimelineStep } from '../support/api.js';
import { checkBooks } from '../support/books.js';
import { useInstallation } from '../support/use-installation.js';

const Requested = z.object({ requestId: z.string() });
const Refunds = z.object({ items: z.array(z.looseObject({ amount: z.number() })) });

/** Each step as `service type <- type of its cause`; a command has none, for it came in over HTTP. */
const journey = (steps: readonly TimelineStep[]): string[] => {
  const types = new Map(steps.map(({ messageId, type }) => [messageId, type]));
  return steps.map(({ service, type, causationId }) => {
    const cause =
      causationId === undefined ? undefined : (types.get(causationId) ?? 'a step that is not there');
    return `${service} ${type}${cause === undefined ? '' : ` <- ${cause}`}`;
  });
};
const UNTIL_SOLD = [
  'api-gateway orders.create',
  'orders-service order.created <- orders.create',
  'products-service product.stockReserved <- order.created',
  'payments-service payment.completed <- product.stockReserved',
  'orders-service order.confirmed <- payment.completed',
  'products-service product.stockCommitted <- order.confirmed',
];

describe('an order after it was paid', () => {
  const comanda = useInstallation();

  const sold = async (): Promise<string> => {
    const [six, four] = [6, 4].map((quantity) => ({ productId: PRODUCTS.medialuna, quantity }));
    const orderId = await comanda.place({ items: [six, four], payment: { method: 'sim_approved' } });
    await comanda.customer.timelineWith(orderId, 'product.stockCommitted');
    return orderId;
  };
  const refund = (orderId: string, body: object, headers: Record<string, string> = {}) =>
    comanda.staff.post(`/orders/${orderId}/refunds`, body, headers);
  /** In the order in which they happened, wherever; each has its time and its cause. */
  const stepsOf = async (orderId: string): Promise<string[]> => {
    const steps = await comanda.customer.timeline(orderId);
    for (const { at } of steps) expect(at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(new Set(steps.map(({ messageId }) => messageId)).size).toBe(steps.length);
    return journey(steps);
  };

  it('is refunded in part, then all the rest, and fulfilled: each step is in its timeline with its cause', async () => {
    const orderId = await sold();
    const key = { 'idempotency-key': 'half' };
    const part = await refund(orderId, { amount: 700, reason: 'Burnt' }, key);
    expect(part).toMatchObject({ status: 202, body: { orderId, status: 'CONFIRMED' } });
    await comanda.customer.refunded(orderId, 700);
    expect(await comanda.customer.payments(orderId)).toMatchObject([
      { status: 'COMPLETED', amount: 1900, refundedAmount: 700 },
    ]);
    // Once more, as a client does that did not get the answer.
    const again = await refund(orderId, { amount: 700, reason: 'Burnt' }, key);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(again.body).toEqual(part.body);

    const tooMuch = await refund(orderId, { amount: 1201, reason: 'Burnt' });
    expect(tooMuch).toMatchObject({ status: 409, body: { code: 'EXCEEDS_REMAINING' } });
    expect((await refund(orderId, { reason: 'All burnt' })).status).toBe(202);
    expect(await comanda.customer.refunded(orderId, 1900)).toMatchObject({
      status: 'CONFIRMED',
      totalAmount: 1900,
    });
    expect(await comanda.customer.payments(orderId)).toMatchObject([
      { status: 'REFUNDED', amount: 1900, refundedAmount: 1900 },
    ]);
    expect(await refund(orderId, { reason: 'Once more' })).toMatchObject({ status: 409 });

    expect((await comanda.staff.post(`/orders/${orderId}/fulfil`)).status).toBe(202);
    await comanda.customer.orderThat(orderId, 'is fulfilled', ({ status }) => status === 'FULFILLED');
    const refusedCancel = await comanda.staff.post(`/orders/${orderId}/cancel`);
    expect(refusedCancel).toMatchObject({ status: 409, body: { code: 'NOT_CANCELLABLE' } });
    expect(await stepsOf(orderId)).toEqual([
      ...UNTIL_SOLD,
      'api-gateway orders.refund',
      'orders-service order.refundRequested <- orders.refund',
      'payments-service payment.refunded <- order.refundRequested',
      'api-gateway orders.refund',
      'orders-service order.refundRequested <- orders.refund',
      'payments-service payment.refunded <- order.refundRequested',
      'api-gateway orders.fulfil',
      'orders-service order.fulfilled <- orders.fulfil',
    ]);
    const { available } = await comanda.customer.product(PRODUCTS.medialuna);
    expect(available).toBe(490);
  });

  it('is refunded in part and then called off: exactly the rest goes back, and all of its stock', async () => {
    const orderId = await sold();
    await refund(orderId, { amount: 700, reason: 'Burnt' });
    await comanda.customer.refunded(orderId, 700);
    expect((await comanda.staff.post(`/orders/${orderId}/cancel`, { reason: 'Oven broken' })).status).toBe(
      202,
    );
    expect(await comanda.customer.refunded(orderId, 1900)).toMatchObject({
      status: 'CANCELLED',
      failureCode: 'CANCELLED_BY_STAFF',
      failureReason: 'Oven broken',
    });
    await comanda.customer.timelineWith(orderId, 'product.stockReleased');
    await comanda.customer.available(PRODUCTS.medialuna, 490);
    const steps = await stepsOf(orderId);
    expect(steps.slice(0, -2)).toEqual([
      ...UNTIL_SOLD,
      'api-gateway orders.refund',
      'orders-service order.refundRequested <- orders.refund',
      'payments-service payment.refunded <- order.refundRequested',
      'api-gateway orders.cancel',
      'orders-service order.cancelled <- orders.cancel',
    ]);
    expect(steps.slice(-2).toSorted()).toEqual([
      'payments-service payment.refunded <- order.cancelled',
      'products-service product.stockReleased <- order.cancelled',
    ]);
  });

  it('gets its refunds also while orders-service and payments-service are down, each once', async () => {
    const orderId = await sold();
    await comanda.platform.stopOne('orders');
    const first = await refund(orderId, { amount: 100, reason: 'Cold' });
    expect(first.status).toBe(202);
    expect(first.body).not.toHaveProperty('status');
    // Nobody can say yet that this is too much; it is told later.
    const tooMuch = await refund(orderId, { amount: 2000, reason: 'Cold' });
    expect(tooMuch.status).toBe(202);
    await comanda.platform.stopOne('payments');
    await comanda.platform.start('orders');
    await comanda.customer.timelineWith(orderId, 'order.refundRequested');
    expect(await comanda.customer.order(orderId)).toMatchObject({ refundedAmount: 0, refundingAmount: 100 });
    await comanda.platform.start('payments');
    const order = await comanda.customer.refunded(orderId, 100);
    expect(order).not.toHaveProperty('refundingAmount');
    const steps = await comanda.customer.timelineWith(orderId, 'order.refundRejected');
    const { requestId } = Requested.parse(tooMuch.body);
    expect(steps.find(({ type }) => type === 'order.refundRejected')?.detail).toMatchObject({
      ...{ requestId, code: 'EXCEEDS_REMAINING' },
    });
    const { body } = await comanda.customer.get(`/orders/${orderId}/refunds`);
    const byAmount = Refunds.parse(body).items.toSorted((one, other) => one.amount - other.amount);
    expect(byAmount).toMatchObject([
      {
        ...{ refundId: Requested.parse(first.body).requestId, cause: 'request', status: 'REFUNDED' },
        ...{ amount: 100, currency: 'EUR', reason: 'Cold' },
      },
      {
        ...{ refundId: requestId, cause: 'request', status: 'REJECTED' },
        ...{ amount: 2000, currency: 'EUR', failureCode: 'EXCEEDS_REMAINING' },
      },
    ]);
  });

  it('leaves the books right', async () => {
    const books = await checkBooks(comanda);
    expect(books).toMatchObject({ orders: 3, confirmed: 1, fulfilled: 1, cancelled: 1, kept: 1800 });
    expect(books.payments).toEqual({ COMPLETED: 1, REFUNDED: 2 });
    const got = comanda.witness.receiver.attempts.map(({ event }) => event.type);
    const count = (type: string) => got.filter((one) => one === type).length;
    const types = ['order.refundRequested', 'payment.refunded', 'order.fulfilled', 'order.refundRejected'];
    expect(types.map(count)).toEqual([4, 5, 1, 1]);
  });
});

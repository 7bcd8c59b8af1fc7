import { accept, newId, type OrderView, refuse } from '@comanda/contracts';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { notFound } from '../../test/fake-services.js';
import { useServicesAndGateway } from '../../test/services-and-gateway.js';

const { services, gateway } = useServicesAndGateway();
beforeEach(() => {
  services.answer('orders.get', notFound('UNKNOWN_ORDER'));
  services.answer('orders.refund', () => 'silence');
});

const staffId = newId();
const orderIs = (view: Partial<OrderView>) =>
  services.answer('orders.get', ({ data }) =>
    accept({
      orderId: (data as { orderId: string }).orderId,
      customerId: newId(),
      status: 'CONFIRMED',
      items: [],
      totalAmount: 360,
      currency: 'EUR',
      refundedAmount: 0,
      createdAt: '2026-01-01T12:00:00.000Z',
      updatedAt: '2026-01-01T12:00:00.000Z',
      ...view,
    }),
  );
const post = (path: string, body?: unknown, headers: Record<string, string> = {}, role = 'staff') =>
  gateway.call('POST', `/api/v1/orders/${path}`, {
    token: gateway.token(role === 'staff' ? 'staff' : 'customer', staffId),
    body,
    headers,
  });
const commands = async (type: string) => {
  await services.caughtUp();
  return services.commands(type).map(({ data }) => data);
};
const viewer = { accountId: staffId, role: 'staff' };

describe('a refund', () => {
  test('is accepted for a confirmed and for a fulfilled order, of a part or of all that is left', async () => {
    const [one, other] = [newId(), newId()];
    orderIs({});
    const part = await post(`${one}/refunds`, { amount: 100, reason: 'Cold' });
    expect(part).toMatchObject({
      status: 202,
      body: { orderId: one, requestId: expect.any(String), status: 'CONFIRMED' },
    });
    orderIs({ status: 'FULFILLED', refundedAmount: 100, refundingAmount: 60 });
    const rest = await post(`${other}/refunds`, { reason: 'All of it' });
    expect(rest).toMatchObject({ status: 202, body: { orderId: other, status: 'FULFILLED' } });
    expect(await commands('orders.refund')).toEqual([
      { orderId: one, requestId: part.body.requestId, amount: 100, reason: 'Cold', viewer },
      { orderId: other, requestId: rest.body.requestId, reason: 'All of it', viewer },
    ]);
    expect(services.commands('orders.refund').map(({ expirytime }) => expirytime)).toEqual([
      undefined,
      undefined,
    ]);
  });

  test.each(['PENDING', 'AWAITING_PAYMENT', 'REJECTED', 'CANCELLED'] as const)(
    'of an order that is %s is refused: there is no payment to refund',
    async (status) => {
      orderIs({ status });
      expect((await post(`${newId()}/refunds`, { reason: 'Cold' })).body).toMatchObject({
        status: 409,
        code: 'NOT_REFUNDABLE',
      });
      expect(await commands('orders.refund')).toEqual([]);
    },
  );

  test.each([
    [{ refundedAmount: 300 }, 61, 'amount: 60 of 360 EUR (minor units) are left to be refunded.'],
    [{ refundingAmount: 300 }, 61, 'amount: 60 of 360 EUR (minor units) are left to be refunded.'],
    [{ refundedAmount: 360 }, undefined, 'amount: 0 of 360 EUR (minor units) are left to be refunded.'],
    [{ totalAmount: 0 }, undefined, 'amount: 0 of 0 EUR (minor units) are left to be refunded.'],
  ])('of more than is left (%j) is refused, with what is left', async (view, amount, detail) => {
    orderIs(view);
    const { body } = await post(`${newId()}/refunds`, { amount, reason: 'Cold' });
    expect(body).toMatchObject({ status: 409, code: 'EXCEEDS_REMAINING', detail });
    expect(await commands('orders.refund')).toEqual([]);
  });

  test('with the same Idempotency-Key is one request, and another key or order another one', async () => {
    orderIs({});
    const orderId = newId();
    const body = { amount: 100, reason: 'Cold' };
    const first = await post(`${orderId}/refunds`, body, { 'idempotency-key': 'r-1' });
    const again = await post(`${orderId}/refunds`, body, { 'idempotency-key': 'r-1' });
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    const others = [
      await post(`${orderId}/refunds`, body, { 'idempotency-key': 'r-2' }),
      await post(`${newId()}/refunds`, body, { 'idempotency-key': 'r-1' }),
      await post(`${orderId}/refunds`, body),
    ];
    const ids = [first, ...others].map(({ body: { requestId } }) => requestId);
    expect(new Set(ids).size).toBe(4);
    expect((await commands('orders.refund')).length).toBe(4);
    const reused = await post(`${orderId}/refunds`, { ...body, amount: 1 }, { 'idempotency-key': 'r-1' });
    expect(reused.body).toMatchObject({ status: 422, code: 'IDEMPOTENCY_KEY_REUSED' });
  });

  test('that was refused because the order was not paid yet is decided anew under the same key', async () => {
    const orderId = newId();
    const refund = () => post(`${orderId}/refunds`, { reason: 'Cold' }, { 'idempotency-key': 'not-yet' });
    orderIs({ orderId, status: 'AWAITING_PAYMENT' });
    services.answer('orders.refund', () => refuse(409, 'NOT_REFUNDABLE', 'The order is AWAITING_PAYMENT.'));
    expect((await refund()).body).toMatchObject({ status: 409, code: 'NOT_REFUNDABLE' });
    orderIs({ orderId });
    services.answer('orders.refund', ({ data }) =>
      accept({ orderId, requestId: (data as { requestId: string }).requestId, amount: 360 }),
    );
    const accepted = await refund();
    expect(accepted.status).toBe(202);
    const again = await refund();
    expect(again.body).toEqual(accepted.body);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    // Both were asked for their answers, so nothing was left to be told later.
    await services.caughtUp();
    const waited = services.commands('orders.refund').map(({ expirytime }) => expirytime !== undefined);
    expect(waited).toEqual([true, true]);
  });

  test('that was sent under its key before, unheard, is not refused because of itself', async () => {
    const orderId = newId();
    orderIs({ refundingAmount: 360 });
    services.answer('orders.refund', ({ data }) =>
      accept({ orderId, requestId: (data as { requestId: string }).requestId, amount: 360 }),
    );
    const again = await post(`${orderId}/refunds`, { reason: 'Cold' }, { 'idempotency-key': 'lost' });
    expect(again).toMatchObject({ status: 202, body: { orderId, status: 'CONFIRMED' } });

    services.answer('orders.refund', () => refuse(409, 'EXCEEDS_REMAINING', '0 are left.'));
    const other = await post(`${orderId}/refunds`, { reason: 'Cold' }, { 'idempotency-key': 'other' });
    expect(other.body).toMatchObject({ status: 409, code: 'EXCEEDS_REMAINING', detail: '0 are left.' });
  });

  test.each([
    [{}],
    [undefined],
    [{ reason: '' }],
    [{ reason: 'x'.repeat(501) }],
    [{ reason: 'Cold', amount: 0 }],
    [{ reason: 'Cold', amount: -1 }],
    [{ reason: 'Cold', amount: 1.5 }],
    [{ reason: 'Cold', amount: 2 ** 53 }],
    [{ reason: 'Cold', amount: '100' }],
    [{ reason: 'Cold', currency: 'EUR' }],
  ])('with the body %j is a 400', async (body) => {
    orderIs({});
    expect((await post(`${newId()}/refunds`, body)).status).toBe(400);
    expect(await commands('orders.refund')).toEqual([]);
  });
});

describe('fulfilling', () => {
  test('is accepted for a confirmed order, and for one that is fulfilled', async () => {
    const orderId = newId();
    for (const status of ['CONFIRMED', 'FULFILLED'] as const) {
      orderIs({ status });
      expect(await post(`${orderId}/fulfil`)).toMatchObject({ status: 202, body: { orderId, status } });
    }
    expect(await commands('orders.fulfil')).toEqual([
      { orderId, requestId: expect.any(String), viewer },
      { orderId, requestId: expect.any(String), viewer },
    ]);
  });

  test.each(['PENDING', 'AWAITING_PAYMENT', 'REJECTED', 'CANCELLED'] as const)(
    'is refused for one that is %s',
    async (status) => {
      orderIs({ status });
      expect((await post(`${newId()}/fulfil`)).body).toMatchObject({ status: 409, code: 'NOT_FULFILLABLE' });
      expect(await commands('orders.fulfil')).toEqual([]);
    },
  );

  test('takes the order’s cancellation away', async () => {
    orderIs({ status: 'FULFILLED' });
    expect((await post(`${newId()}/cancel`)).body).toMatchObject({ status: 409, code: 'NOT_CANCELLABLE' });
  });
});

describe.each([
  ['refunds', { reason: 'Cold' }, 'orders.refund'],
  ['fulfil', undefined, 'orders.fulfil'],
])('%s', (route, body, command) => {
  test('of an order that nobody knows is a 404', async () => {
    expect((await post(`${newId()}/${route}`, body)).status).toBe(404);
    expect(await commands(command)).toEqual([]);
  });

  test('is for staff alone', async () => {
    orderIs({});
    expect((await post(`${newId()}/${route}`, body, {}, 'customer')).body).toMatchObject({
      status: 403,
      code: 'FORBIDDEN',
    });
    expect((await gateway.call('POST', `/api/v1/orders/${newId()}/${route}`, { body })).status).toBe(401);
    expect(await commands(command)).toEqual([]);
  });

  test('is accepted while orders-service is away', async () => {
    await services.goAway('orders-service');
    try {
      const answer = await post(`${newId()}/${route}`, body);
      expect(answer.status).toBe(202);
      expect(answer.body).not.toHaveProperty('status');
      expect(await commands(command)).toHaveLength(1);
    } finally {
      await services.comeBack('orders-service');
    }
  });
});

import { newId } from '@comanda/contracts';
import { describe, expect, test } from '@jest/globals';
import type { ProductKnowledge } from '../products/product-look-up.js';
import { AcceptedOrders, MAX_BYTES, pendingView } from './accepted-orders.js';
import { linesOf, OrderBody } from './order-body.js';
import { refuseWhatIsNotForSale } from './products-for-sale.js';

const espresso = '0190a000-0000-7000-8000-000000000001';
const cake = '0190a000-0000-7000-8000-000000000002';
const costs = (price: number, currency = 'EUR'): ProductKnowledge => ({
  kind: 'for-sale',
  ...{ sku: 'S', name: 'É', price, currency },
});

describe('the body of an order', () => {
  test('has two forms that mean the same', () => {
    const line = { productId: espresso, quantity: 2 };
    expect(linesOf(OrderBody.parse(line))).toEqual([line]);
    expect(linesOf(OrderBody.parse({ items: [line] }))).toEqual([line]);
    expect(linesOf(OrderBody.parse({ items: [line, line] }))).toEqual([line, line]);
  });

  test.each([
    [{}],
    [{ items: [] }],
    [{ items: Array.from({ length: 101 }, () => ({ productId: espresso, quantity: 1 })) }],
    [{ items: [{ productId: espresso, quantity: 1 }], productId: espresso, quantity: 1 }],
    [{ productId: espresso, quantity: 0 }],
    [{ productId: espresso, quantity: -1 }],
    [{ productId: espresso, quantity: 1.5 }],
    [{ productId: espresso, quantity: 1_000_001 }],
    [
      {
        items: [
          { productId: espresso, quantity: 600_000 },
          { productId: cake, quantity: 1 },
          { productId: espresso, quantity: 400_001 },
        ],
      },
    ],
    [{ productId: espresso, quantity: 1, payment: {} }],
    [{ productId: espresso, quantity: 1, payment: { method: 'with space' } }],
    [[]],
    ['order'],
    [null],
  ])('%j is none', (body) => {
    expect(OrderBody.safeParse(body).success).toBe(false);
  });
});

test('lines that name a product too often together are refused with their place', () => {
  const lines = [
    { productId: espresso, quantity: 600_000 },
    { productId: cake, quantity: 600_000 },
    { productId: espresso, quantity: 400_000 },
  ];
  expect(OrderBody.safeParse({ items: lines }).success).toBe(true);
  const parsed = OrderBody.safeParse({ items: [...lines, { productId: espresso, quantity: 1 }] });
  expect(JSON.stringify(parsed.error?.issues)).toMatch(
    /"path":\["items",3,"quantity"\],"message":"is, with the other lines of this product, more than 1000000"/,
  );
});

describe('a product that cannot be sold', () => {
  const body = OrderBody.parse({
    items: [
      { productId: espresso, quantity: 1 },
      { productId: cake, quantity: 1 },
    ],
  });

  test('is told by its place in the body, in either form', () => {
    expect(() => refuseWhatIsNotForSale(body, [costs(180), { kind: 'unknown' }])).toThrow(
      expect.objectContaining({
        status: 422,
        code: 'UNKNOWN_PRODUCT',
        errors: [{ path: 'items[1].productId', message: 'there is no such product' }],
      }),
    );
    const short = OrderBody.parse({ productId: cake, quantity: 1 });
    expect(() => refuseWhatIsNotForSale(short, [{ kind: 'inactive' }])).toThrow(
      expect.objectContaining({
        code: 'PRODUCT_INACTIVE',
        errors: [{ path: 'productId', message: 'this product is not for sale' }],
      }),
    );
  });

  test('is one whose price is in a currency that was withdrawn', () => {
    expect(() => refuseWhatIsNotForSale(body, [costs(180), costs(180, 'HRK')])).toThrow(
      expect.objectContaining({
        status: 422,
        code: 'CURRENCY_NOT_IN_FORCE',
        errors: [
          {
            path: 'items[1].productId',
            message: 'the currency of this product must be a currency in force: HRK was withdrawn in 2023-01',
          },
        ],
      }),
    );
  });

  test('is left to orders-service when products-service could not be heard', () => {
    expect(() => refuseWhatIsNotForSale(body, [{ kind: 'unheard' }, costs(180)])).not.toThrow();
  });
});

describe('an order that was just accepted', () => {
  const createdAt = '2026-01-01T12:00:00.000Z';
  const [orderId, customerId, tenantId] = [newId(), newId(), 'default'];
  const lines = [
    { productId: espresso, quantity: 2 },
    { productId: cake, quantity: 1 },
  ];
  const order = { orderId, customerId, tenantId, lines, products: [costs(180), costs(420)], createdAt };

  test('is PENDING, with the names and prices that were looked up', () => {
    expect(pendingView(order)).toEqual({
      orderId,
      customerId,
      status: 'PENDING',
      items: [
        { productId: espresso, sku: 'S', name: 'É', quantity: 2, unitPrice: 180, lineTotal: 360 },
        { productId: cake, sku: 'S', name: 'É', quantity: 1, unitPrice: 420, lineTotal: 420 },
      ],
      totalAmount: 780,
      currency: 'EUR',
      refundedAmount: 0,
      createdAt,
      updatedAt: createdAt,
    });
  });

  test.each([
    [[costs(180), { kind: 'unheard' } as const]],
    [[costs(180), costs(420, 'USD')]],
    [[costs(Number.MAX_SAFE_INTEGER), costs(1)]],
  ])('has no total while it cannot be known', (products) => {
    const { items, ...view } = pendingView({ ...order, products });
    expect(view).toMatchObject({ totalAmount: 0, currency: 'XXX' });
    expect(items.filter(({ sku, name }) => sku && name)).toHaveLength(2);
  });

  test('is there for its owner and for staff of its tenant, for five minutes', () => {
    const accepted = new AcceptedOrders();
    const then = Date.parse(createdAt);
    accepted.remember(order, then);
    const see = (accountId: string, role: 'customer' | 'staff', tenant = tenantId, at = then) =>
      accepted.find(orderId, tenant, { accountId, role }, at) !== undefined;
    expect(see(customerId, 'customer')).toBe(true);
    expect(see(newId(), 'staff')).toBe(true);
    expect(see(newId(), 'customer')).toBe(false);
    expect(see(customerId, 'customer', 'other')).toBe(false);
    expect(see(customerId, 'customer', tenantId, then + 5 * 60_000)).toBe(true);
    expect(see(customerId, 'customer', tenantId, then + 5 * 60_000 + 1)).toBe(false);
    expect(accepted.size).toBe(0);
  });

  test('is forgotten when the next one comes after its time', () => {
    const accepted = new AcceptedOrders();
    const then = Date.parse(createdAt);
    for (let at = 0; at < 1_000; at++) accepted.remember({ ...order, orderId: `o${at}` }, then);
    expect(accepted.size).toBe(1_000);
    const later = then + 5 * 60_000 + 1;
    accepted.remember({ ...order, createdAt: new Date(later).toISOString() }, later);
    expect(accepted.size).toBe(1);
  });

  test.each([
    [1, 22_324],
    [100, 1_553],
  ])('of %i lines takes its share of 32 MiB: so many are remembered, the newest: %i', (count, remembered) => {
    expect(MAX_BYTES).toBe(32 * 1024 * 1024);
    const accepted = new AcceptedOrders();
    const many = { ...order, lines: Array(count).fill(lines[0]), products: Array(count).fill(costs(180)) };
    const then = Date.parse(createdAt);
    const see = (at: number) =>
      accepted.find(`o${at}`, tenantId, { accountId: customerId, role: 'customer' }, then) !== undefined;
    const placed = remembered + 500;
    for (let at = 0; at < placed; at++) accepted.remember({ ...many, orderId: `o${at}` }, then);
    expect(accepted.size).toBe(remembered);
    expect([see(499), see(500), see(placed - 1)]).toEqual([false, true, true]);
    // The same order again takes no second share.
    for (let again = 0; again < 10; again++) accepted.remember({ ...many, orderId: `o${placed - 1}` }, then);
    expect(accepted.size).toBe(remembered);
    accepted.remember({ ...many, orderId: `o${placed}` }, then);
    expect(accepted.size).toBe(remembered);
  });
});

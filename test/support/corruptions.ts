import type { DatabaseName } from '@comanda/contracts';
import { PRODUCTS } from './api.js';

/** The ids that the corruptions below name. */
export interface Scene {
  readonly confirmed: string;
  readonly declined: string;
  readonly outOfStock: string;
  readonly tooMany: string;
  readonly cancelled: string;
  /** 180 cents, of which 100 went back; fulfilled. */
  readonly refunded: string;
}

export interface Corruption {
  readonly what: string;
  readonly database: DatabaseName;
  readonly sql: (scene: Scene) => string;
  /** The invariant that must find it. */
  readonly by: string;
  /** An id that it must name. */
  readonly naming: (scene: Scene) => Record<string, string>;
  /** What else such a thing breaks of necessity. */
  readonly furtherViolations?: readonly string[];
}

const OTHER_ID = '01990000-0000-7000-8000-00000000bad1';
const LONG_AGO = '2020-01-01T00:00:00.000Z';
const disputes = (status: string): string =>
  JSON.stringify([
    {
      ...{ disputeId: OTHER_ID, reference: 'dp_1', status, amount: 10, currency: 'EUR' },
      ...{ code: 'FRAUDULENT', reason: 'Fraud', updatedAt: LONG_AGO },
    },
  ]);
const order = (id: string): string => `order_id = '${id}'`;
const orderId = (name: keyof Scene) => (scene: Scene) => ({ orderId: scene[name] });
const product = () => ({ productId: PRODUCTS.espresso });
const ofEspresso = `product_id = '${PRODUCTS.espresso}'`;

export const CORRUPTIONS: readonly Corruption[] = [
  {
    what: 'an order that was accepted is gone',
    database: 'orders',
    sql: ({ tooMany }) => `DELETE FROM orders WHERE ${order(tooMany)}`,
    by: 'a-202-means-exactly-one-order',
    naming: orderId('tooMany'),
  },
  {
    what: 'an order was taken twice',
    database: 'orders',
    sql: ({ confirmed }) => `
      INSERT INTO order_timeline (tenant_id, order_id, message_id, at, service, type, detail)
        SELECT tenant_id, order_id, '${OTHER_ID}', at, service, type, detail FROM order_timeline
        WHERE ${order(confirmed)} AND type = 'orders.create';
      INSERT INTO inbox VALUES ('${OTHER_ID}', '${LONG_AGO}')`,
    by: 'a-202-means-exactly-one-order',
    naming: orderId('confirmed'),
  },
  {
    what: 'a request was refused, and nobody was told',
    database: 'orders',
    sql: ({ confirmed }) => `INSERT INTO refused_requests
      VALUES ('default', '${confirmed}', '${OTHER_ID}', 'cancel', NULL, 'NOT_CANCELLABLE', 'Too late', '${LONG_AGO}')`,
    by: 'accepted-requests-are-answered',
    naming: () => ({ requestId: OTHER_ID }),
  },
  {
    what: 'a refund that was accepted is neither there nor refused',
    database: 'gateway',
    sql: ({ refunded }) => `INSERT INTO idempotency_keys
      VALUES ('default', 'staff', 'POST /api/v1/orders/${refunded}/refunds', 'lost', 'hash', 'done',
        '{"status":202,"headers":{},"body":"{\\"orderId\\":\\"${refunded}\\",\\"requestId\\":\\"${OTHER_ID}\\"}"}', '${LONG_AGO}')`,
    by: 'accepted-requests-are-answered',
    naming: () => ({ requestId: OTHER_ID }),
  },
  {
    what: 'two Idempotency-Keys were answered with the same order',
    database: 'gateway',
    sql: () => `INSERT INTO idempotency_keys (tenant_id, caller, route, key, body_hash, status, response, created_at)
      SELECT tenant_id, caller, route, 'another key', body_hash, status, response, created_at FROM idempotency_keys
      WHERE key = 'key-confirmed'`,
    by: 'a-202-means-exactly-one-order',
    naming: orderId('confirmed'),
  },
  {
    what: 'an order never ends',
    database: 'orders',
    sql: ({ declined }) => `UPDATE orders SET status = 'AWAITING_PAYMENT' WHERE ${order(declined)}`,
    by: 'every-order-ends',
    naming: orderId('declined'),
  },
  {
    what: 'more is on the shelf than was put there',
    database: 'products',
    sql: () => `UPDATE stock SET available = available + 1 WHERE ${ofEspresso}`,
    by: 'stock-adds-up',
    naming: product,
  },
  {
    what: 'more is reserved than reservations hold',
    database: 'products',
    sql: () => `UPDATE stock SET reserved = reserved + 1, available = available - 1 WHERE ${ofEspresso}`,
    by: 'stock-adds-up',
    naming: product,
  },
  {
    what: 'sold is below zero',
    database: 'products',
    sql: () => `UPDATE stock SET sold = -1 WHERE ${ofEspresso}`,
    by: 'stock-adds-up',
    naming: product,
  },
  {
    what: 'a movement is gone',
    database: 'products',
    sql: () => `DELETE FROM movements WHERE ${ofEspresso} AND order_id IS NULL`,
    by: 'stock-adds-up',
    naming: product,
    furtherViolations: ['movements-form-a-chain'],
  },
  {
    what: 'the stock row of a product is gone',
    database: 'products',
    sql: () => `DELETE FROM stock WHERE ${ofEspresso}`,
    by: 'stock-adds-up',
    naming: product,
    furtherViolations: ['what-was-published-was-committed'],
  },
  {
    what: 'a movement begins elsewhere than the one before it ended',
    database: 'products',
    sql: () =>
      `UPDATE movements SET before = before + 1, after = after + 1 WHERE ${ofEspresso} AND position = 2`,
    by: 'movements-form-a-chain',
    naming: product,
  },
  {
    what: 'movements are counted that are not there',
    database: 'products',
    sql: () => `UPDATE stock SET moves = moves + 1 WHERE ${ofEspresso}`,
    by: 'movements-form-a-chain',
    naming: product,
  },
  {
    what: 'a product is missing on the price list',
    database: 'orders',
    sql: () => `DELETE FROM prices WHERE ${ofEspresso}`,
    by: 'the-price-list-is-the-catalogue',
    naming: product,
  },
  {
    what: 'a product goes by another name on the list than in the catalogue',
    database: 'orders',
    sql: () => `UPDATE prices SET name = 'Expresso' WHERE ${ofEspresso}`,
    by: 'the-price-list-is-the-catalogue',
    naming: product,
  },
  {
    what: 'a line of an order costs something else than it did',
    database: 'orders',
    sql: ({ confirmed }) =>
      `UPDATE orders SET items = json_set(items, '$[0].unitPrice', 1) WHERE ${order(confirmed)}`,
    by: 'an-order-costs-what-its-lines-cost',
    naming: orderId('confirmed'),
  },
  {
    what: 'subscribers were told lines that are not the total',
    database: 'webhooks',
    sql: ({ confirmed }) => `UPDATE events SET body = json_set(body, '$.data.items[0].lineTotal', 1)
      WHERE ${order(confirmed)} AND type = 'order.created'`,
    by: 'an-order-costs-what-its-lines-cost',
    naming: orderId('confirmed'),
  },
  {
    what: 'a product has another price on the list than in the catalogue',
    database: 'orders',
    sql: () => `UPDATE prices SET price = price + 1 WHERE ${ofEspresso}`,
    by: 'the-price-list-is-the-catalogue',
    naming: product,
  },
  {
    what: 'a reservation holds a product in two lines',
    database: 'products',
    sql: ({ confirmed }) => `UPDATE reservations SET items =
      '[{"productId":"${PRODUCTS.espresso}","quantity":1},{"productId":"${PRODUCTS.espresso}","quantity":1}]'
      WHERE ${order(confirmed)}`,
    by: 'one-live-reservation-of-each-product',
    naming: orderId('confirmed'),
  },
  {
    what: 'two orders share a reservation',
    database: 'products',
    sql: ({ outOfStock, tooMany }) => `UPDATE reservations SET reservation_id =
      (SELECT reservation_id FROM reservations WHERE ${order(outOfStock)}) WHERE ${order(tooMany)}`,
    by: 'one-live-reservation-of-each-product',
    naming: () => ({}),
  },
  {
    what: 'a confirmed order has bought nothing',
    database: 'products',
    sql: ({ confirmed }) => `
      UPDATE stock SET sold = sold - 2, available = available + 2 WHERE ${ofEspresso};
      DELETE FROM movements WHERE ${order(confirmed)};
      UPDATE reservations SET status = 'RELEASED' WHERE ${order(confirmed)}`,
    by: 'confirmed-means-sold',
    naming: orderId('confirmed'),
    furtherViolations: ['movements-form-a-chain'],
  },
  {
    what: 'an order has other lines than were sold',
    database: 'orders',
    sql: ({ confirmed }) =>
      `UPDATE orders SET items = replace(items, '"quantity":2', '"quantity":3') WHERE ${order(confirmed)}`,
    by: 'confirmed-means-sold',
    naming: orderId('confirmed'),
    furtherViolations: ['an-order-costs-what-its-lines-cost'],
  },
  {
    what: 'two payments are the same capture',
    database: 'payments',
    sql: ({ confirmed, cancelled }) => `UPDATE payments SET reference =
      (SELECT reference FROM payments WHERE ${order(confirmed)}) WHERE ${order(cancelled)}`,
    by: 'one-capture-per-order',
    naming: () => ({}),
  },
  {
    what: 'an order was charged twice',
    database: 'payments',
    sql: ({
      confirmed,
    }) => `INSERT INTO payments SELECT 'another', order_id, '${OTHER_ID}', status, refund_on_capture, amount, currency,
      provider, method, 'another capture', refunded_amount, 0, failure_code, failure_reason, sequence, created_at, updated_at, disputes
      FROM payments WHERE ${order(confirmed)}`,
    by: 'one-capture-per-order',
    naming: orderId('confirmed'),
    furtherViolations: ['captured-means-confirmed-or-refunded', 'tenants-never-mix'],
  },
  {
    what: 'a capture has no reference at the provider',
    database: 'payments',
    sql: ({ confirmed }) => `UPDATE payments SET reference = NULL WHERE ${order(confirmed)}`,
    by: 'one-capture-per-order',
    naming: orderId('confirmed'),
  },
  {
    what: 'more was refunded than captured',
    database: 'payments',
    sql: ({ cancelled }) => `UPDATE payments SET refunded_amount = amount + 1 WHERE ${order(cancelled)}`,
    by: 'refunds-never-exceed-the-capture',
    naming: orderId('cancelled'),
    furtherViolations: ['orders-know-their-refunds', 'refunds-add-up'],
  },
  {
    what: 'money was captured for an order that is off',
    database: 'payments',
    sql: ({ declined }) =>
      `UPDATE payments SET status = 'COMPLETED', reference = 'a capture', refund_on_capture = 0 WHERE ${order(declined)}`,
    by: 'captured-means-confirmed-or-refunded',
    naming: orderId('declined'),
  },
  {
    what: 'money was captured for an order that is not there',
    database: 'payments',
    sql: ({
      declined,
    }) => `INSERT INTO payments SELECT tenant_id, '${OTHER_ID}', '${OTHER_ID}', 'COMPLETED', 0, amount, currency,
      provider, method, 'a capture', 0, 0, NULL, NULL, 0, created_at, updated_at, disputes FROM payments WHERE ${order(declined)}`,
    by: 'captured-means-confirmed-or-refunded',
    naming: () => ({ orderId: OTHER_ID }),
  },
  {
    what: 'a confirmed order was not paid',
    database: 'payments',
    sql: ({ confirmed }) => `UPDATE payments SET status = 'FAILED' WHERE ${order(confirmed)}`,
    by: 'confirmed-means-paid',
    naming: orderId('confirmed'),
  },
  {
    what: 'another amount was captured than the order costs',
    database: 'payments',
    sql: ({ confirmed }) => `UPDATE payments SET amount = amount + 1 WHERE ${order(confirmed)}`,
    by: 'confirmed-means-paid',
    naming: orderId('confirmed'),
  },
  {
    what: 'an order does not know that its money went back',
    database: 'orders',
    sql: ({ cancelled }) => `UPDATE orders SET refunded_amount = 0 WHERE ${order(cancelled)}`,
    by: 'orders-know-their-refunds',
    naming: orderId('cancelled'),
  },
  {
    what: 'a refund is gone',
    database: 'payments',
    sql: ({ cancelled }) => `DELETE FROM refunds WHERE ${order(cancelled)}`,
    by: 'refunds-add-up',
    naming: orderId('cancelled'),
  },
  {
    what: 'a refund is of no payment',
    database: 'payments',
    sql: ({
      cancelled,
    }) => `INSERT INTO refunds SELECT tenant_id, '${OTHER_ID}', refund_id, cause, status, amount, refusals,
      reference, failure_code, created_at, updated_at FROM refunds WHERE ${order(cancelled)}`,
    by: 'refunds-add-up',
    naming: () => ({ orderId: OTHER_ID }),
  },
  {
    what: 'a refund of the provider counts twice',
    database: 'payments',
    sql: ({ refunded }) => `
      INSERT INTO refunds SELECT tenant_id, order_id, '${OTHER_ID}', 'provider', status, 10, refusals, reference,
        failure_code, created_at, updated_at FROM refunds WHERE ${order(refunded)};
      UPDATE payments SET refunded_amount = refunded_amount + 10 WHERE ${order(refunded)}`,
    by: 'a-refund-counts-once',
    naming: orderId('refunded'),
    furtherViolations: ['orders-know-their-refunds'],
  },
  {
    what: 'a refund was made of which the provider knows nothing',
    database: 'payments',
    sql: ({ refunded }) => `UPDATE refunds SET reference = NULL WHERE ${order(refunded)}`,
    by: 'a-refund-counts-once',
    naming: orderId('refunded'),
  },
  {
    what: 'a dispute was lost and nothing went back',
    database: 'payments',
    sql: ({ confirmed }) => `UPDATE payments SET disputes = '${disputes('lost')}' WHERE ${order(confirmed)}`,
    by: 'disputes-add-up',
    naming: orderId('confirmed'),
  },
  {
    what: 'a dispute was won and its money counts as gone',
    database: 'payments',
    sql: ({ refunded }) => `
      UPDATE refunds SET cause = 'dispute', refund_id = '${OTHER_ID}' WHERE ${order(refunded)};
      UPDATE payments SET disputes = '${disputes('won')}' WHERE ${order(refunded)}`,
    by: 'disputes-add-up',
    naming: orderId('refunded'),
    furtherViolations: ['refund-requests-are-answered'],
  },
  {
    what: 'a payment waits for a refund that there is not',
    database: 'payments',
    sql: ({ confirmed }) => `UPDATE payments SET refunding_amount = 1 WHERE ${order(confirmed)}`,
    by: 'refunds-add-up',
    naming: orderId('confirmed'),
    furtherViolations: ['nothing-is-under-way'],
  },
  {
    what: 'an order waits for a refund that nobody asked for',
    database: 'orders',
    sql: ({ confirmed }) => `UPDATE orders SET refunding_amount = 1 WHERE ${order(confirmed)}`,
    by: 'refunds-add-up',
    naming: orderId('confirmed'),
  },
  {
    what: 'a refund that staff asked for was never made',
    database: 'orders',
    sql: ({ refunded }) => `
      INSERT INTO refund_requests SELECT tenant_id, order_id, '${OTHER_ID}', 10, reason, 'REQUESTED', NULL, created_at, updated_at
        FROM refund_requests WHERE ${order(refunded)};
      UPDATE orders SET refunding_amount = 10 WHERE ${order(refunded)}`,
    by: 'refund-requests-are-answered',
    naming: () => ({ requestId: OTHER_ID }),
    furtherViolations: ['nothing-is-under-way'],
  },
  {
    what: 'an order takes a refund that was made for one that failed',
    database: 'orders',
    sql: ({ refunded }) => `UPDATE refund_requests SET status = 'FAILED' WHERE ${order(refunded)}`,
    by: 'refund-requests-are-answered',
    naming: orderId('refunded'),
  },
  {
    what: 'another amount was asked for than went back',
    database: 'orders',
    sql: ({ refunded }) => `UPDATE refund_requests SET amount = amount + 1 WHERE ${order(refunded)}`,
    by: 'refund-requests-are-answered',
    naming: orderId('refunded'),
  },
  {
    what: 'a refund was made that nobody asked for',
    database: 'orders',
    sql: ({ refunded }) => `DELETE FROM refund_requests WHERE ${order(refunded)}`,
    by: 'refund-requests-are-answered',
    naming: orderId('refunded'),
  },
  {
    what: 'the money of an order that stands was taken to be owed',
    database: 'payments',
    sql: ({ refunded }) => `UPDATE refunds SET cause = 'undo' WHERE ${order(refunded)}`,
    by: 'refund-requests-are-answered',
    naming: orderId('refunded'),
  },
  {
    what: 'a refund is to be made and nobody will',
    database: 'payments',
    sql: ({ refunded }) => `
      UPDATE refunds SET status = 'PENDING' WHERE ${order(refunded)};
      UPDATE payments SET refunded_amount = 0, refunding_amount = 100 WHERE ${order(refunded)}`,
    by: 'everything-that-waits-has-due-work',
    naming: orderId('refunded'),
    furtherViolations: ['nothing-is-under-way', 'orders-know-their-refunds', 'refund-requests-are-answered'],
  },
  {
    what: 'a payment of which a part went back says that all did',
    database: 'payments',
    sql: ({ refunded }) => `UPDATE payments SET status = 'REFUNDED' WHERE ${order(refunded)}`,
    by: 'refunds-never-exceed-the-capture',
    naming: orderId('refunded'),
  },
  {
    what: 'a refund is of another tenant than its order',
    database: 'payments',
    sql: ({ cancelled }) => `UPDATE refunds SET tenant_id = 'another' WHERE ${order(cancelled)}`,
    by: 'tenants-never-mix',
    naming: orderId('cancelled'),
    furtherViolations: ['refunds-add-up'],
  },
  {
    what: 'a refund request is of another tenant than its order',
    database: 'orders',
    sql: ({ refunded }) => `UPDATE refund_requests SET tenant_id = 'another' WHERE ${order(refunded)}`,
    by: 'tenants-never-mix',
    naming: orderId('refunded'),
    furtherViolations: ['refund-requests-are-answered'],
  },
  {
    what: 'stock came back twice',
    database: 'products',
    sql: ({ cancelled }) => `
      INSERT INTO movements (tenant_id, movement_id, product_id, position, at, delta, reason, order_id, actor, before, after)
        SELECT tenant_id, '${OTHER_ID}', product_id, 0, at, delta, reason, order_id, actor, before, after
        FROM movements WHERE ${order(cancelled)} AND delta > 0;
      UPDATE stock SET available = available + 4 WHERE ${ofEspresso}`,
    by: 'stock-comes-back-exactly-once',
    naming: orderId('cancelled'),
    furtherViolations: ['movements-form-a-chain', 'stock-adds-up'],
  },
  {
    what: 'stock never came back',
    database: 'products',
    sql: ({ declined }) => `
      DELETE FROM movements WHERE ${order(declined)} AND delta > 0;
      UPDATE stock SET available = available - 3 WHERE ${ofEspresso}`,
    by: 'stock-comes-back-exactly-once',
    naming: orderId('declined'),
    furtherViolations: ['movements-form-a-chain', 'stock-adds-up'],
  },
  {
    what: 'the event of a cancelled order was never published',
    database: 'products',
    sql: ({ tooMany }) => `DELETE FROM reservations WHERE ${order(tooMany)}`,
    by: 'an-ended-order-holds-no-stock',
    naming: orderId('tooMany'),
    furtherViolations: ['what-was-published-was-committed'],
  },
  {
    what: 'a rejected order may still be charged',
    database: 'payments',
    sql: ({
      outOfStock,
    }) => `UPDATE payments SET status = 'PENDING', refund_on_capture = 0 WHERE ${order(outOfStock)};
      INSERT INTO work SELECT 'charge', payment_id, tenant_id, '', '2999-01-01', 0, 1, '{}', '{}' FROM payments
      WHERE ${order(outOfStock)}`,
    by: 'an-ended-order-holds-no-stock',
    naming: orderId('outOfStock'),
    furtherViolations: ['confirmed-means-paid', 'nothing-is-under-way'],
  },
  {
    what: 'stock is held and nothing will let it go',
    database: 'products',
    sql: ({ outOfStock }) =>
      `UPDATE reservations SET status = 'HELD', items = '[]' WHERE ${order(outOfStock)}`,
    by: 'everything-that-waits-has-due-work',
    naming: orderId('outOfStock'),
    furtherViolations: ['an-ended-order-holds-no-stock', 'nothing-is-under-way'],
  },
  {
    what: 'money is to be given back and nobody will',
    database: 'payments',
    sql: ({ cancelled }) =>
      `UPDATE payments SET status = 'COMPLETED', refunded_amount = 0 WHERE ${order(cancelled)}`,
    by: 'everything-that-waits-has-due-work',
    naming: orderId('cancelled'),
    furtherViolations: [
      'captured-means-confirmed-or-refunded',
      'nothing-is-under-way',
      'orders-know-their-refunds',
      'refunds-add-up',
    ],
  },
  {
    what: 'due work was forgotten',
    database: 'payments',
    sql: ({ confirmed }) => `INSERT INTO work VALUES
      ('refund', '${OTHER_ID}', 'default', '', '${LONG_AGO}', 1, 1, '{"orderId":"${confirmed}"}', '{}')`,
    by: 'everything-that-waits-has-due-work',
    naming: () => ({ workId: OTHER_ID }),
    furtherViolations: ['nothing-is-under-way'],
  },
  ...(['products', 'orders', 'payments', 'webhooks'] as const).map((database) => ({
    what: `an event of ${database} was committed and never published`,
    database,
    sql: () => `INSERT INTO outbox VALUES ('${OTHER_ID}', 'order.confirmed', '{}', '${LONG_AGO}')`,
    by: 'the-outbox-is-published',
    naming: () => ({ messageId: OTHER_ID }),
  })),
  {
    what: 'an event was published that was never committed',
    database: 'webhooks',
    sql: ({ confirmed }) => `
      UPDATE events SET body = json_set(body, '$.sequence', 3) WHERE ${order(confirmed)} AND type = 'payment.completed'`,
    by: 'what-was-published-was-committed',
    naming: orderId('confirmed'),
  },
  {
    what: 'a message was handled and had no effect',
    database: 'orders',
    sql: ({ confirmed }) =>
      `DELETE FROM order_timeline WHERE ${order(confirmed)} AND type = 'product.stockCommitted'`,
    by: 'handled-means-done',
    naming: orderId('confirmed'),
    furtherViolations: ['sequences-have-no-gap'],
  },
  {
    what: 'a message had an effect without passing the inbox',
    database: 'orders',
    sql: ({ confirmed }) => `DELETE FROM inbox WHERE message_id =
      (SELECT message_id FROM order_timeline WHERE ${order(confirmed)} AND type = 'orders.create')`,
    by: 'handled-means-done',
    naming: orderId('confirmed'),
  },
  {
    what: 'a subscriber got no delivery',
    database: 'webhooks',
    sql: ({ confirmed }) => `
      DELETE FROM attempts WHERE delivery_id IN (SELECT delivery_id FROM deliveries WHERE ${order(confirmed)});
      DELETE FROM deliveries WHERE ${order(confirmed)} AND event_type = 'order.created'`,
    by: 'every-subscription-gets-its-events',
    naming: () => ({}),
    furtherViolations: ['every-delivery-ends'],
  },
  {
    what: 'an event was handled and is not kept for those who asked for it',
    database: 'webhooks',
    sql: ({ confirmed }) => `
      DELETE FROM deliveries WHERE ${order(confirmed)} AND event_type = 'order.confirmed';
      DELETE FROM events WHERE ${order(confirmed)} AND type = 'order.confirmed'`,
    by: 'every-subscription-gets-its-events',
    naming: orderId('confirmed'),
  },
  {
    what: 'a delivery waits for an attempt that nobody will make',
    database: 'webhooks',
    sql: ({ confirmed }) => `UPDATE deliveries SET status = 'PENDING', next_attempt_at = '${LONG_AGO}'
      WHERE ${order(confirmed)} AND event_type = 'order.created'`,
    by: 'every-delivery-ends',
    naming: () => ({}),
    furtherViolations: ['nothing-is-under-way'],
  },
  {
    what: 'a delivery is marked as delivered, and no attempt was answered so',
    database: 'webhooks',
    sql: ({ confirmed }) => `UPDATE attempts SET status_code = 500 WHERE delivery_id =
      (SELECT delivery_id FROM deliveries WHERE ${order(confirmed)} AND event_type = 'order.created')`,
    by: 'every-delivery-ends',
    naming: () => ({}),
  },
  {
    what: 'an order has published more than its timeline shows',
    database: 'orders',
    sql: ({ confirmed }) => `UPDATE orders SET sequence = sequence + 1 WHERE ${order(confirmed)}`,
    by: 'sequences-have-no-gap',
    naming: orderId('confirmed'),
  },
  {
    what: 'a payment has published more than arrived',
    database: 'payments',
    sql: ({ confirmed }) => `UPDATE payments SET sequence = sequence + 1 WHERE ${order(confirmed)}`,
    by: 'sequences-have-no-gap',
    naming: orderId('confirmed'),
  },
  {
    what: 'a product has published more than arrived',
    database: 'products',
    sql: () => `UPDATE stock SET sequence = sequence + 1 WHERE ${ofEspresso}`,
    by: 'sequences-have-no-gap',
    naming: product,
  },
  {
    what: 'two events of an order have the same number',
    database: 'webhooks',
    sql: ({ confirmed }) => `
      UPDATE events SET body = json_set(body, '$.sequence', 1) WHERE ${order(confirmed)} AND type = 'order.confirmed'`,
    by: 'sequences-have-no-gap',
    naming: ({ confirmed }) => ({ aggregateId: confirmed }),
  },
  {
    what: 'an event of a product is missing between two others',
    database: 'webhooks',
    sql: () => `
      DELETE FROM deliveries WHERE event_id IN (
        SELECT event_id FROM events WHERE type = 'product.stockChanged' AND body ->> 'sequence' = 3);
      DELETE FROM events WHERE type = 'product.stockChanged' AND body ->> 'sequence' = 3`,
    by: 'sequences-have-no-gap',
    naming: product,
  },
  {
    what: 'a payment is of another tenant than its order',
    database: 'payments',
    sql: ({ outOfStock }) => `UPDATE payments SET tenant_id = 'another' WHERE ${order(outOfStock)}`,
    by: 'tenants-never-mix',
    naming: orderId('outOfStock'),
    furtherViolations: ['an-ended-order-holds-no-stock'],
  },
  {
    what: 'a webhook goes to a subscription of another tenant',
    database: 'webhooks',
    sql: () => `INSERT INTO subscriptions SELECT 'another', subscription_id, channel, target, event_types, description, enabled,
      disabled_reason, deleted, secrets, failing_since, sequence, created_at, 'another' FROM subscriptions`,
    by: 'tenants-never-mix',
    naming: () => ({ otherTenantId: 'another' }),
  },
  {
    what: 'what is sent names another tenant',
    database: 'webhooks',
    sql: ({ confirmed }) => `
      UPDATE events SET body = json_set(body, '$.tenantId', 'another') WHERE ${order(confirmed)} AND type = 'order.created'`,
    by: 'tenants-never-mix',
    naming: () => ({ otherTenantId: 'another' }),
  },
  {
    what: 'a payment is to be charged and nobody will',
    database: 'payments',
    sql: ({ declined }) =>
      `UPDATE payments SET status = 'PENDING', refund_on_capture = 0 WHERE ${order(declined)}`,
    by: 'everything-that-waits-has-due-work',
    naming: orderId('declined'),
    furtherViolations: ['an-ended-order-holds-no-stock', 'nothing-is-under-way'],
  },
  ...(['products', 'orders', 'webhooks'] as const).map((database) => ({
    what: `something is still to be done in ${database}`,
    database,
    sql: () =>
      `INSERT INTO work VALUES ('later', '${OTHER_ID}', 'default', '', '2999-01-01', 0, 1, '{}', '{}')`,
    by: 'nothing-is-under-way',
    naming: () => ({ workId: OTHER_ID }),
  })),
  {
    what: 'something was sold without an order',
    database: 'products',
    sql: () => `INSERT INTO reservations VALUES
      ('default', '${OTHER_ID}', '${OTHER_ID}', 'COMMITTED', '[]', '${LONG_AGO}', 0, '${LONG_AGO}')`,
    by: 'confirmed-means-sold',
    naming: () => ({ orderId: OTHER_ID }),
  },
  {
    what: 'the outside knows an event of an order that the order does not know',
    database: 'orders',
    sql: ({ confirmed }) =>
      `DELETE FROM order_timeline WHERE ${order(confirmed)} AND type = 'order.confirmed'`,
    by: 'what-was-published-was-committed',
    naming: orderId('confirmed'),
    furtherViolations: ['sequences-have-no-gap'],
  },
  {
    what: 'the outside knows more events of a product than it has published',
    database: 'products',
    sql: () => `UPDATE stock SET sequence = 1 WHERE ${ofEspresso}`,
    by: 'what-was-published-was-committed',
    naming: product,
  },
  {
    what: 'an event is known of a subscription that has published none',
    database: 'webhooks',
    sql: ({ confirmed }) => `INSERT INTO events (tenant_id, event_id, type, order_id, body, created_at)
      SELECT tenant_id, substr(event_id, 1, 32) || 'bad1', 'webhook.deliveryFailed', NULL,
        json_set(body, '$.sequence', 1, '$.data', json_object('subscriptionId', (SELECT subscription_id FROM subscriptions))),
        created_at
      FROM events WHERE ${order(confirmed)} AND type = 'order.confirmed'`,
    by: 'what-was-published-was-committed',
    naming: () => ({ tenantId: 'default' }),
    furtherViolations: ['every-subscription-gets-its-events'],
  },
  {
    what: 'a subscription has published more than arrived',
    database: 'webhooks',
    sql: () => 'UPDATE subscriptions SET sequence = 1',
    by: 'sequences-have-no-gap',
    naming: () => ({ tenantId: 'default' }),
  },
  {
    what: 'a delivery is of an event that is not there',
    database: 'webhooks',
    sql: ({ confirmed }) => `
      INSERT INTO attempts (tenant_id, delivery_id, attempt_id, at, status_code, duration_ms, response_body, error)
        SELECT tenant_id, '${OTHER_ID}', attempt_id, at, status_code, duration_ms, response_body, error
        FROM attempts WHERE delivery_id =
          (SELECT delivery_id FROM deliveries WHERE ${order(confirmed)} AND event_type = 'order.created');
      INSERT INTO deliveries SELECT tenant_id, '${OTHER_ID}', subscription_id, '${OTHER_ID}', event_type, order_id, status,
        next_attempt_at, created_at FROM deliveries WHERE ${order(confirmed)} AND event_type = 'order.created'`,
    by: 'every-delivery-ends',
    naming: () => ({ deliveryId: OTHER_ID }),
  },
  {
    what: 'a contact is lost',
    database: 'orders',
    sql: ({ confirmed }) => `UPDATE orders SET has_contact = 1 WHERE ${order(confirmed)}`,
    by: 'customers-hear-once',
    naming: orderId('confirmed'),
  },
  {
    what: 'a customer is not told',
    database: 'webhooks',
    sql: ({ confirmed }) => `
      INSERT INTO contacts (tenant_id, order_id, sealed, channels, locale, waiting, kept_from, created_at)
        VALUES ('default', '${confirmed}', 'sealed', '["email"]', 'en', '[]', '${LONG_AGO}', '${LONG_AGO}')`,
    by: 'customers-hear-once',
    naming: orderId('confirmed'),
  },
  {
    what: 'a customer waits to be told, and nobody will',
    database: 'webhooks',
    sql: ({ confirmed }) => `
      INSERT INTO notifications (tenant_id, notification_id, order_id, event_id, event_type, channel, status, next_attempt_at, created_at)
        VALUES ('default', '${OTHER_ID}', '${confirmed}', '${OTHER_ID}', 'order.confirmed', 'email', 'PENDING', '${LONG_AGO}', '${LONG_AGO}')`,
    by: 'customers-hear-once',
    naming: () => ({ notificationId: OTHER_ID }),
  },
  {
    what: 'a customer is told twice',
    database: 'webhooks',
    sql: ({ confirmed }) => `
      INSERT INTO notifications (tenant_id, notification_id, order_id, event_id, event_type, channel, status, created_at)
        SELECT e.tenant_id, n.value, e.order_id, e.event_id, e.type, 'email', 'DROPPED', e.created_at
        FROM events e, json_each('["${OTHER_ID}", "${confirmed}"]') n
        WHERE e.order_id = '${confirmed}' AND e.type = 'order.confirmed';
      INSERT INTO attempts (tenant_id, delivery_id, attempt_id, at, duration_ms, error)
        VALUES ('default', '${OTHER_ID}', '1', '${LONG_AGO}', 0, 'not sent'), ('default', '${confirmed}', '1', '${LONG_AGO}', 0, 'not sent')`,
    by: 'customers-hear-once',
    naming: orderId('confirmed'),
  },
  {
    what: 'a contact came, and what waited for it still does',
    database: 'webhooks',
    sql: () => `
      INSERT INTO contacts (tenant_id, order_id, sealed, channels, locale, waiting, kept_from, created_at)
        VALUES ('default', '${OTHER_ID}', 'sealed', '[]', 'en', '["${OTHER_ID}"]', '${LONG_AGO}', '${LONG_AGO}')`,
    by: 'customers-hear-once',
    naming: () => ({ orderId: OTHER_ID }),
  },
  ...(['products', 'payments', 'webhooks'] as const).map((database) => ({
    what: `${database} has handled nothing of late`,
    database,
    sql: () =>
      'DELETE FROM inbox WHERE message_id IN (SELECT message_id FROM inbox ORDER BY message_id DESC LIMIT 60)',
    by: 'every-event-is-handled',
    naming: orderId('confirmed'),
  })),
  {
    what: 'an event never reached its order',
    database: 'orders',
    sql: ({ confirmed }) => `
      DELETE FROM inbox WHERE message_id =
        (SELECT message_id FROM order_timeline WHERE ${order(confirmed)} AND type = 'product.stockCommitted');
      DELETE FROM order_timeline WHERE ${order(confirmed)} AND type = 'product.stockCommitted'`,
    by: 'every-event-is-handled',
    naming: orderId('confirmed'),
    furtherViolations: ['sequences-have-no-gap'],
  },
  {
    what: 'a reservation is of another tenant than its order',
    database: 'products',
    sql: ({ tooMany }) => `UPDATE reservations SET tenant_id = 'another' WHERE ${order(tooMany)}`,
    by: 'tenants-never-mix',
    naming: orderId('tooMany'),
    furtherViolations: ['an-ended-order-holds-no-stock', 'what-was-published-was-committed'],
  },
  {
    what: 'a step is of another tenant than its order',
    database: 'orders',
    sql: ({ confirmed }) => `
      INSERT INTO order_timeline (tenant_id, order_id, message_id, at, service, type, detail)
        SELECT 'another', order_id, message_id, at, service, type, detail FROM order_timeline
        WHERE ${order(confirmed)} AND type = 'orders.create'`,
    by: 'tenants-never-mix',
    naming: orderId('confirmed'),
  },
  {
    what: 'an event is of another tenant than its order',
    database: 'webhooks',
    sql: ({ confirmed }) => `INSERT INTO events (tenant_id, event_id, type, order_id, body, created_at)
      SELECT 'another', event_id, type, order_id, json_set(body, '$.tenantId', 'another'), created_at FROM events
      WHERE ${order(confirmed)} AND type = 'order.created'`,
    by: 'tenants-never-mix',
    naming: orderId('confirmed'),
    furtherViolations: ['what-was-published-was-committed'],
  },
  {
    what: 'one tenant lists the price of another',
    database: 'orders',
    sql: () => `INSERT INTO prices SELECT 'another', product_id, price, currency, active, version, sku, name, original_name FROM prices
      WHERE ${ofEspresso}`,
    by: 'tenants-never-mix',
    naming: product,
  },
];

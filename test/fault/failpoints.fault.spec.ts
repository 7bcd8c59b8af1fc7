import { type DatabaseName, derivedId, EVENT_TYPES } from '@comanda/contracts';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import { CUSTOMER, orderOf, PRODUCTS } from '../support/api.js';
import { checkBooks } from '../support/books.js';
import { metricOf } from '../support/metrics.js';
import { PATIENCE_MS, until } from '../support/until.js';
import { useInstallation } from '../support/use-installation.js';
import type { WebhookReceiver } from '../support/webhook-receiver.js';

type Behind = Exclude<DatabaseName, 'gateway'>;

const ORDERS = 3;

jest.setTimeout(3 * PATIENCE_MS);

describe('kill -9 at an exact failpoint', () => {
  let redis: Redis;
  afterAll(() => redis?.quit());
  // A delivery's lease is six times this.
  const comanda = useInstallation({ tapped: true, env: { WEBHOOK_TIMEOUT_MS: '1000' } });
  const { accepted, wire } = comanda;
  /** What can be seen only when all leases of the dead have run out. */
  const inTheEnd: (() => void)[] = [];

  beforeAll(async () => {
    redis = new Redis(comanda.redis.url);
  });

  /** Starts a service anew with this crash point, places orders, and sees it die there; it stays down. */
  async function killAt(service: Behind, point: string): Promise<string[]> {
    await comanda.platform.restart(service, { COMANDA_CRASH_AT: point });
    const placed = await Promise.all(
      Array.from({ length: ORDERS }, () => comanda.place(orderOf(PRODUCTS.espresso))),
    );
    await diesAt(service, point);
    return placed;
  }

  async function diesAt(service: DatabaseName, point: string): Promise<void> {
    const process = comanda.platform.services.get(service);
    await until(`${service} dies at ${point}`, () => process?.running === false);
    expect(await process?.exited).toEqual({ code: null, signal: 'SIGKILL' });
    const [failpoint = '', type = ''] = point.split('@');
    const last = process?.tail(50).filter((line) => line.startsWith('killed at the failpoint'));
    expect(last).toEqual([
      expect.stringMatching(new RegExp(`^killed at the failpoint ${failpoint} \\(.*${type}.*\\)$`)),
    ]);
  }

  /** What the fast path knew is gone, so that the databases alone decide. */
  async function comesBack(service: Behind): Promise<void> {
    await redis.flushall();
    await comanda.platform.start(service);
  }

  const seen = (type: string, orders: readonly string[]) =>
    wire.seen.filter(
      ({ routingKey, envelope }) => routingKey === type && orders.includes(String(envelope.data.orderId)),
    );
  const timesSeen = (id: string) => wire.seen.filter(({ envelope }) => envelope.id === id).length;
  /** Which of the messages of this type about these orders the service has in its inbox. */
  const handled = (service: Behind, type: string, orders: readonly string[]) => {
    const inbox = new Set(
      comanda
        .rows<{ message_id: string }>(service, 'SELECT message_id FROM inbox')
        .map(({ message_id }) => message_id),
    );
    return seen(type, orders).filter(({ envelope }) => inbox.has(envelope.id));
  };
  const outbox = (service: Behind, type: string) =>
    comanda
      .rows<{ message_id: string }>(service, 'SELECT message_id FROM outbox WHERE type = ?', type)
      .map(({ message_id }) => message_id);
  const duplicates = (service: Behind, type: string) =>
    metricOf(comanda, service, 'comanda_messages_handled_total', { type, outcome: 'duplicate' });

  describe.each<{ service: Behind; takes: string; publishes: string }>([
    { service: 'orders', takes: 'payment.completed', publishes: 'order.confirmed' },
    { service: 'products', takes: 'order.created', publishes: 'product.stockReserved' },
  ])('of $service', ({ service, takes, publishes }) => {
    it('before the commit: nothing of it is there, and it is done from the start', async () => {
      const orders = await killAt(service, `before-commit@${takes}`);
      expect(seen(takes, orders).length).toBeGreaterThan(0);
      expect(handled(service, takes, orders)).toEqual([]);
      expect(outbox(service, publishes)).toEqual([]);
      expect(seen(publishes, orders)).toEqual([]);
      await comesBack(service);
      await until('an event of each order is published', () => seen(publishes, orders).length >= ORDERS);
      expect(seen(publishes, orders)).toHaveLength(ORDERS);
    });

    it('between commit and publish: it is there and unpublished; the restarted service publishes it, once', async () => {
      const orders = await killAt(service, `after-commit@${takes}`);
      const left = outbox(service, publishes);
      expect(left.length).toBeGreaterThan(0);
      expect(handled(service, takes, orders)).toHaveLength(left.length);
      expect(seen(publishes, orders)).toEqual([]);
      await comesBack(service);
      await until('an event of each order is published', () => seen(publishes, orders).length >= ORDERS);
      await until('the outbox is empty', () => outbox(service, publishes).length === 0);
      expect(left.map(timesSeen)).toEqual(left.map(() => 1));
      expect(seen(publishes, orders)).toHaveLength(ORDERS);
    });

    it('between publish and confirm: published without being known to be; published again after the restart, with the same id', async () => {
      const orders = await killAt(service, `after-publish@${publishes}`);
      await until('what it published arrives', () => seen(publishes, orders).length > 0);
      const published = seen(publishes, orders).map(({ envelope }) => envelope.id);
      expect(outbox(service, publishes)).toEqual(expect.arrayContaining(published));
      await comesBack(service);
      await until('it is published again', () => published.every((id) => timesSeen(id) === 2));
      await until('the outbox is empty', () => outbox(service, publishes).length === 0);
      const ids = new Set(seen(publishes, orders).map(({ envelope }) => envelope.id));
      await until(
        'an event of each order is published',
        () => seen(publishes, orders).length >= ORDERS + published.length,
      );
      expect(ids.size).toBeLessThanOrEqual(ORDERS);
      expect(published.map(timesSeen)).toEqual(published.map(() => 2));
    });

    it('between confirm and ack: delivered again, and found in the inbox', async () => {
      const orders = await killAt(service, `after-confirm@${takes}`);
      await until('what it published arrives', () => seen(publishes, orders).length > 0);
      const done = handled(service, takes, orders);
      expect(done.length).toBeGreaterThan(0);
      await comesBack(service);
      await until(
        'they are known as duplicates',
        async () => (await duplicates(service, takes)) >= done.length,
      );
      await until(
        'an event of each order is published',
        () => handled(service, takes, orders).length === ORDERS,
      );
      expect(new Set(seen(publishes, orders).map(({ envelope }) => envelope.id)).size).toBe(ORDERS);
    });
  });

  describe('of payments', () => {
    const RESERVED = 'product.stockReserved';
    const COMPLETED = 'payment.completed';
    const payments = (orders: readonly string[]) =>
      comanda
        .rows<{ order_id: string; payment_id: string; status: string }>(
          'payments',
          'SELECT order_id, payment_id, status FROM payments',
        )
        .filter(({ order_id }) => orders.includes(order_id));
    const charges = () =>
      comanda.rows<{ id: string; attempt: number }>(
        'payments',
        `SELECT id, attempt FROM work WHERE kind = 'charge'`,
      );

    it('before the commit: nothing is to be charged, until it is decided again', async () => {
      const orders = await killAt('payments', `before-commit@${RESERVED}`);
      expect(handled('payments', RESERVED, orders)).toEqual([]);
      expect(payments(orders)).toEqual([]);
      expect(charges()).toEqual([]);
      await comesBack('payments');
      await until('all are paid', () => seen(COMPLETED, orders).length >= ORDERS);
      expect(seen(COMPLETED, orders)).toHaveLength(ORDERS);
    });

    it('between commit and publish of a charge: captured, written and unpublished; published once after the restart', async () => {
      const orders = await killAt('payments', 'after-commit@charge');
      const left = outbox('payments', COMPLETED);
      expect(left.length).toBeGreaterThan(0);
      expect(payments(orders).filter(({ status }) => status === 'COMPLETED')).toHaveLength(left.length);
      expect(seen(COMPLETED, orders)).toEqual([]);
      await comesBack('payments');
      await until('it is published', () => left.every((id) => timesSeen(id) > 0));
      await until('the outbox is empty', () => outbox('payments', COMPLETED).length === 0);
      expect(left.map(timesSeen)).toEqual(left.map(() => 1));
    });

    it('between publish and confirm of a charge: published again with the same id, and charged no second time', async () => {
      // What the one before had in hand and leased would die here, too.
      await until('no charge is left', () => charges().length === 0);
      const orders = await killAt('payments', `after-publish@${COMPLETED}`);
      await until('what it published arrives', () => seen(COMPLETED, orders).length > 0);
      const published = seen(COMPLETED, orders).map(({ envelope }) => envelope.id);
      expect(outbox('payments', COMPLETED)).toEqual(expect.arrayContaining(published));
      const paid = payments(orders).filter(({ status }) => status === 'COMPLETED');
      await comesBack('payments');
      await until('it is published again', () => published.every((id) => timesSeen(id) === 2));
      expect(paid.length).toBeGreaterThan(0);
      expect(payments(orders)).toEqual(expect.arrayContaining(paid));
      await until('no charge is left', () => charges().length === 0);
    });

    it('while it charges: the charge is asked for again under the same key, and there is one capture', async () => {
      const orders = await killAt('payments', 'during-external-call@charge');
      const pending = payments(orders);
      expect(pending.length).toBeGreaterThan(0);
      expect(pending.map(({ status }) => status)).toEqual(pending.map(() => 'PENDING'));
      const asked = charges();
      expect(asked.map(({ id }) => id).sort()).toEqual(pending.map(({ payment_id }) => payment_id).sort());
      expect(asked.map(({ attempt }) => attempt)).toEqual(asked.map(() => 1));
      expect(seen(COMPLETED, orders)).toEqual([]);
      await comesBack('payments');
      inTheEnd.push(() => {
        expect(payments(orders)).toEqual(
          expect.arrayContaining(pending.map((payment) => ({ ...payment, status: 'COMPLETED' }))),
        );
        expect(seen(COMPLETED, orders)).toHaveLength(ORDERS);
      });
    });

    it('between commit and ack: what is to be charged is there, is not asked for twice, and waits for its lease', async () => {
      const orders = await killAt('payments', `after-commit@${RESERVED}`);
      const written = payments(orders);
      expect(written.length).toBeGreaterThan(0);
      expect(handled('payments', RESERVED, orders)).toHaveLength(written.length);
      expect(charges().map(({ id }) => id)).toEqual(
        expect.arrayContaining(written.map(({ payment_id }) => payment_id)),
      );
      await comesBack('payments');
      await until(
        'they are known as duplicates',
        async () => (await duplicates('payments', RESERVED)) >= written.length,
      );
      inTheEnd.push(() => {
        expect(payments(orders)).toHaveLength(ORDERS);
        expect(seen(COMPLETED, orders)).toHaveLength(ORDERS);
      });
    });
  });

  describe('of webhooks', () => {
    const CONFIRMED = 'order.confirmed';
    let receiver: WebhookReceiver;
    let subscriptionId: string;
    beforeAll(async () => {
      ({ receiver, subscriptionId } = await comanda.subscribe([CONFIRMED]));
    });
    const deliveries = (orders: readonly string[]) =>
      comanda
        .rows<{ delivery_id: string; order_id: string; status: string; event_id: string }>(
          'webhooks',
          'SELECT delivery_id, order_id, status, event_id FROM deliveries WHERE subscription_id = ?',
          subscriptionId,
        )
        .filter(({ order_id }) => orders.includes(order_id));
    const sent = (orders: readonly string[]) =>
      receiver.attempts.filter(({ event }) => orders.includes(String(event.data.orderId)));
    const history = (deliveryId: string) =>
      comanda.rows<{ status_code: number | null }>(
        'webhooks',
        'SELECT status_code FROM attempts WHERE delivery_id = ?',
        deliveryId,
      );
    /**
     * What an earlier case had in hand and leased would pass the same failpoint, as soon as its lease runs out; so would an
     * event that is still on its way to webhook-publisher.
     */
    const nothingLeft = () =>
      until('nothing is left to deliver', async () => {
        if (await comanda.hasOpenOrders()) return false;
        const handled = new Set(
          comanda.rows<{ id: string }>('webhooks', 'SELECT message_id AS id FROM inbox').map(({ id }) => id),
        );
        const ofOrders = wire.seen.filter(
          ({ routingKey, envelope }) => EVENT_TYPES.includes(routingKey) && 'orderId' in envelope.data,
        );
        const onTheirWay = ofOrders.filter(({ envelope }) => !handled.has(envelope.id));
        return onTheirWay.length === 0 && comanda.rows('webhooks', 'SELECT 1 FROM work').length === 0;
      });
    const deliveredOnce = (orders: readonly string[]) => {
      expect(deliveries(orders).map(({ status }) => status)).toEqual(orders.map(() => 'DELIVERED'));
      expect(sent(orders)).toHaveLength(ORDERS);
    };

    it('before the commit: nothing is to be delivered, until it is decided again', async () => {
      const orders = await killAt('webhooks', `before-commit@${CONFIRMED}`);
      expect(handled('webhooks', CONFIRMED, orders)).toEqual([]);
      expect(deliveries(orders)).toEqual([]);
      await comesBack('webhooks');
      await until('all are delivered', () => sent(orders).length >= ORDERS);
      await until('and written', () => deliveries(orders).every(({ status }) => status === 'DELIVERED'));
      deliveredOnce(orders);
    });

    it('between publish and confirm: its event about a dead endpoint is published again with the same id', async () => {
      const dead = await comanda.subscribe([CONFIRMED]);
      dead.receiver.behave({ kind: 'status', code: 410 });
      await killAt('webhooks', 'after-publish@webhook.deliveryFailed');
      const published = () =>
        wire.seen
          .filter(({ routingKey }) => routingKey === 'webhook.deliveryFailed')
          .map(({ envelope }) => envelope.id);
      await until('what it published arrives', () => published().length > 0);
      const [id = ''] = published();
      expect(outbox('webhooks', 'webhook.deliveryFailed')).toContain(id);
      await comesBack('webhooks');
      await until('it is published again', () => timesSeen(id) === 2);
    });

    it('after a delivery is written: it is not sent again', async () => {
      await nothingLeft();
      const orders = await killAt('webhooks', 'after-commit@deliver');
      await comesBack('webhooks');
      inTheEnd.push(() => {
        const written = deliveries(orders);
        expect(written.map(({ status }) => status)).toEqual(orders.map(() => 'DELIVERED'));
        // One attempt that was written is one request; only those in hand at the kill were sent once more.
        for (const { delivery_id } of written) expect(history(delivery_id)).toHaveLength(1);
      });
    });

    it('while it delivers: the endpoint gets the same event again, byte for byte, and the history says so', async () => {
      await nothingLeft();
      const orders = await killAt('webhooks', 'during-external-call@deliver');
      // The witness gets each order first; that it did is not recorded.
      const first = comanda.witness.receiver.attempts.filter(({ event }) =>
        orders.includes(String(event.data.orderId)),
      );
      expect(first.length).toBeGreaterThan(0);
      const states = () =>
        comanda.rows<{ status: string; tries: number }>(
          'webhooks',
          `SELECT status, (SELECT count(*) FROM attempts a WHERE a.delivery_id = d.delivery_id) AS tries FROM deliveries d
           WHERE subscription_id = ? AND event_id IN (SELECT value FROM json_each(?))`,
          comanda.witness.subscriptionId,
          JSON.stringify(first.map(({ id }) => id)),
        );
      expect(states()).toEqual(first.map(() => ({ status: 'PENDING', tries: 0 })));
      await comesBack('webhooks');
      inTheEnd.push(() => {
        expect(states()).toEqual(first.map(() => ({ status: 'DELIVERED', tries: 1 })));
        for (const { id, body } of first) {
          const both = comanda.witness.receiver.of(id);
          expect(both.map((attempt) => attempt.body)).toEqual([body, body]);
        }
      });
    });

    it('between commit and ack: what is to be delivered is there once, and waits for its lease', async () => {
      const orders = await killAt('webhooks', `after-commit@${CONFIRMED}`);
      const written = deliveries(orders);
      expect(written.length).toBeGreaterThan(0);
      expect(handled('webhooks', CONFIRMED, orders)).toHaveLength(written.length);
      expect(sent(orders)).toEqual([]);
      await comesBack('webhooks');
      await until(
        'they are known as duplicates',
        async () => (await duplicates('webhooks', CONFIRMED)) >= written.length,
      );
      inTheEnd.push(() => deliveredOnce(orders));
    });
  });

  it('of the gateway, between publish and confirm: no client got an answer, and there is exactly one order', async () => {
    await comanda.platform.restart('gateway', { COMANDA_CRASH_AT: 'after-publish@orders.create' });
    const body = orderOf(PRODUCTS.espresso);
    const key = { 'idempotency-key': 'killed-in-between' };
    await expect(comanda.customer.post('/orders', body, key)).rejects.toThrow('fetch failed');
    await diesAt('gateway', 'after-publish@orders.create');
    await comanda.platform.start('gateway');
    const orderId = derivedId('default', CUSTOMER.accountId, 'killed-in-between');
    // To the one who asks again it is still in flight: it may not be begun a second time.
    const again = await comanda.customer.post('/orders', body, key);
    expect(again.body).toMatchObject({ status: 409, code: 'REQUEST_IN_FLIGHT' });
    expect((await comanda.customer.ended(orderId)).status).toBe('CONFIRMED');
    expect(seen('orders.create', [orderId])).toHaveLength(1);
    accepted.push(orderId);
  });

  it('leaves the books right, as if no process had died', async () => {
    const books = await checkBooks(comanda);
    expect(books).toMatchObject({
      orders: accepted.length,
      confirmed: accepted.length,
      payments: { COMPLETED: accepted.length },
      reservations: { COMMITTED: accepted.length },
      kept: accepted.length * 180,
    });
    for (const check of inTheEnd) check();
  });
});

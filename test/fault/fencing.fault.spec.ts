import { describe, expect, it } from '@jest/globals';
import { orderOf, PRODUCTS } from '../support/api.js';
import { checkBooks } from '../support/books.js';
import { linesWith } from '../support/health.js';
import { until } from '../support/until.js';
import { useInstallation } from '../support/use-installation.js';

const order = orderOf(PRODUCTS.espresso);
const STALE = 'another worker has the lease, this result does not count';

describe('several instances and one piece of work', () => {
  const comanda = useInstallation({
    tapped: true,
    // So long that the time while a circuit is open uses up no schedule.
    env: { PAYMENT_SIM_LATENCY_MS: '3000', WEBHOOK_RETRY_SECONDS: '1,2,4,60,60,60' },
    instances: { payments: 2, webhooks: 3 },
  });
  const { wire } = comanda;

  const deliveryTo = (subscriptionId: string) => {
    const [delivery] = comanda.rows<{ delivery_id: string; event_id: string; status: string }>(
      'webhooks',
      'SELECT delivery_id, event_id, status FROM deliveries WHERE subscription_id = ?',
      subscriptionId,
    );
    if (!delivery) throw new Error('there is no delivery');
    return delivery;
  };
  const history = (deliveryId: string) =>
    comanda.rows<{ status_code: number | null; error: string | null }>(
      'webhooks',
      'SELECT status_code, error FROM attempts WHERE delivery_id = ? ORDER BY attempt_id',
      deliveryId,
    );
  const paymentOf = (orderId: string) =>
    comanda.rows<{ payment_id: string; status: string; sequence: number }>(
      'payments',
      'SELECT * FROM payments WHERE order_id = ?',
      orderId,
    )[0];
  const process = (name: string) => comanda.platform.services.get(name);
  /** Outside of a transaction: one that sleeps with the lock of the file keeps all others from writing. */
  const putToSleep = (name: 'webhooks' | 'payments') =>
    until(`${name} sleeps`, () => {
      expect(process(name)?.kill('SIGSTOP')).toBe(true);
      if (comanda.isWritable(name)) return true;
      process(name)?.kill('SIGCONT');
      return false;
    });

  it('each is done by one of them at a time, also when it is tried again and again', async () => {
    const { receiver, subscriptionId } = await comanda.subscribe(['order.created']);
    receiver.behave({ kind: 'status', code: 503, afterMs: 150, times: 45 });
    const orders = await Promise.all(Array.from({ length: 40 }, () => comanda.place(order)));
    await receiver.until('all are delivered', () => receiver.taken.size === orders.length);
    await until('and written', () =>
      comanda
        .rows<{ status: string }>(
          'webhooks',
          'SELECT status FROM deliveries WHERE subscription_id = ?',
          subscriptionId,
        )
        .every(({ status }) => status === 'DELIVERED'),
    );
    // 45 were answered 503, and one of each order 204; what arrived is what is written down.
    expect(receiver.attempts).toHaveLength(45 + orders.length);
    for (const eventId of receiver.taken) {
      const attempts = receiver.of(eventId);
      for (const [at, { answeredAt }] of attempts.slice(0, -1).entries())
        expect(attempts[at + 1]?.at).toBeGreaterThanOrEqual(answeredAt ?? Number.POSITIVE_INFINITY);
      expect(attempts.map(({ answered }) => answered)).toEqual([...attempts.slice(1).map(() => 503), 204]);
    }
    const written = comanda.rows<{ n: number }>(
      'webhooks',
      `SELECT count(*) AS n FROM attempts a JOIN deliveries d ON d.delivery_id = a.delivery_id WHERE d.subscription_id = ?`,
      subscriptionId,
    );
    expect(written).toEqual([{ n: 45 + orders.length }]);
  });

  it('one that sleeps past its lease, while it charges and while it delivers, can not overwrite what its successor did', async () => {
    const others = ['payments#2', 'webhooks#2', 'webhooks#3'];
    await checkBooks(comanda);
    await Promise.all(others.map((name) => comanda.platform.stopOne(name)));
    const { receiver, subscriptionId } = await comanda.subscribe(['order.created']);
    receiver.behave({ kind: 'hang', times: 1 });
    const orderId = await comanda.place(order);
    await receiver.until('it is being delivered', () => receiver.attempts.length === 1);
    await putToSleep('webhooks');
    await until('it is being charged', () => paymentOf(orderId)?.status === 'PENDING');
    await putToSleep('payments');
    expect(deliveryTo(subscriptionId).status).toBe('PENDING');

    await Promise.all(others.map((name) => comanda.platform.start(name)));
    await until('another one has delivered it', () => deliveryTo(subscriptionId).status === 'DELIVERED');
    await until('another one has charged it', () => paymentOf(orderId)?.status === 'COMPLETED');
    const delivery = deliveryTo(subscriptionId);
    const payment = paymentOf(orderId);
    expect(history(delivery.delivery_id)).toEqual([{ status_code: 204, error: null }]);

    process('webhooks')?.kill('SIGCONT');
    process('payments')?.kill('SIGCONT');
    const refused = (name: string, id: string) =>
      linesWith(comanda, name, STALE).filter((line) => line.includes(id));
    await until(
      'the stale delivery is refused',
      () => refused('webhooks', delivery.delivery_id).length === 1,
    );
    await until(
      'the stale charge is refused',
      () => refused('payments', payment?.payment_id ?? 'none').length === 1,
    );
    await checkBooks(comanda);
    expect(deliveryTo(subscriptionId)).toEqual(delivery);
    expect(history(delivery.delivery_id)).toEqual([{ status_code: 204, error: null }]);
    expect(paymentOf(orderId)).toEqual(payment);
    expect(wire.about(orderId).filter(({ routingKey }) => routingKey === 'payment.completed')).toHaveLength(
      1,
    );
    // The endpoint was asked twice, for one and the same event; that is what its id is for.
    const attempts = receiver.of(delivery.event_id);
    expect(attempts.map(({ answered }) => answered)).toEqual(['nothing', 204]);
    expect(attempts[1]?.body).toBe(attempts[0]?.body);
    expect(receiver.attempts).toHaveLength(2);
  }, 240_000);
});

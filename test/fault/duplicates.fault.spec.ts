import { CreateOrder, newId } from '@comanda/contracts';
import { anEnvelope } from '@comanda/test-kit';
import { describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { CUSTOMER, orderOf, PRODUCTS, STEPS_UNTIL_SOLD } from '../support/api.js';
import { checkBooks } from '../support/books.js';
import { Installation } from '../support/installation.js';
import { readLedger } from '../support/ledger.js';
import { countMessages } from '../support/queues.js';
import { until } from '../support/until.js';
import { useInstallation } from '../support/use-installation.js';
import { type Seen } from '../support/wire.js';

/** How many messages of each type each consumer has taken for duplicates so far. */
async function duplicatesSeen(comanda: Installation): Promise<number> {
  const { ports } = comanda.platform;
  const pages = await Promise.all(
    [ports.products, ports.orders, ports.payments, ports.webhooks].map(async (port) =>
      (await fetch(`http://127.0.0.1:${port}/metrics`)).text(),
    ),
  );
  const counts = pages.flatMap((page) =>
    [...page.matchAll(/^comanda_messages_handled_total\{.*outcome="duplicate".*\} (\d+)$/gm)].map(([, n]) =>
      Number(n),
    ),
  );
  return counts.reduce((total, count) => total + count, 0);
}

/** The keys of a command as Redis got it. */
function keysOf([name = '', ...rest]: readonly string[]): readonly string[] {
  switch (name.toLowerCase()) {
    case 'eval':
    case 'evalsha':
      return rest.slice(2, 2 + Number(rest[1]));
    case 'set':
    case 'get':
    case 'del':
    case 'exists':
    case 'expire':
    case 'hset':
    case 'hget':
    case 'hgetall':
    case 'hdel':
      return rest.slice(0, 1);
    case 'info':
    case 'hello':
    case 'client':
    case 'ping':
    case 'quit':
    case 'time':
      return [];
    default:
      throw new Error(`which of these are keys? ${name} ${rest.join(' ')}`);
  }
}

/** What is settled comes with it; a question does not. */
const isLatest = (key: string): boolean => key.startsWith('tests:latest:');

describe('many at once, and the same again', () => {
  const comanda = useInstallation({ tapped: true });
  const { accepted, wire } = comanda;

  /** Every command that Redis gets from now on, until they are asked for. */
  async function watched(): Promise<{ commands(): Promise<string[][]> }> {
    const redis = new Redis(comanda.redis.url);
    const monitor = await redis.monitor();
    const commands: string[][] = [];
    monitor.on('monitor', (_: string, command: string[]) => commands.push(command));
    return {
      commands: async () => {
        monitor.disconnect();
        await redis.quit();
        return commands;
      },
    };
  }

  it('sells the last cake to exactly one of 50 who want it at the same moment, with the prefix before each key in Redis', async () => {
    const redis = await watched();
    await Promise.all(Array.from({ length: 50 }, () => comanda.place(orderOf(PRODUCTS.lastCake))));
    const books = await checkBooks(comanda);
    expect(books).toMatchObject({
      orders: 50,
      confirmed: 1,
      rejected: 49,
      cancelled: 0,
      kept: 450,
      reservations: { COMMITTED: 1, REFUSED: 49 },
      payments: { COMPLETED: 1, VOID: 49 },
    });
    expect(books.sold.get(PRODUCTS.lastCake)).toBe(1);
    expect(books.available.get(PRODUCTS.lastCake)).toBe(0);
    const reasons = comanda.rows<{ failure_code: string; n: number }>(
      'orders',
      `SELECT failure_code, count(*) AS n FROM orders WHERE status = 'REJECTED' GROUP BY failure_code`,
    );
    expect(reasons).toEqual([{ failure_code: 'OUT_OF_STOCK', n: 49 }]);
    const kinds = new Set(
      (await redis.commands()).flatMap(keysOf).map((key) => key.split(':').slice(0, 2).join(':')),
    );
    expect([...kinds].filter((kind) => !kind.startsWith('tests:'))).toEqual([]);
    expect(kinds).toEqual(new Set(['tests:accepted', 'tests:processed', 'tests:latest', 'tests:lock']));
  });

  /** Publishes what was seen five times more; each queue that it goes to must take each copy for a duplicate. */
  const repeat = async (messages: readonly Seen[]): Promise<void> => {
    const before = await duplicatesSeen(comanda);
    for (let copy = 0; copy < 5; copy += 1)
      for (const { routingKey, body, envelope } of messages)
        wire.publish(routingKey, body, { messageId: envelope.id });
    // orders.create goes to one queue; order.created to 2, stockReserved 3, payment.completed 2, order.confirmed 2,
    // stockCommitted 2.
    const copies = 5 * (1 + 2 + 3 + 2 + 2 + 2);
    await until(
      `${copies} copies were recognised`,
      async () => (await duplicatesSeen(comanda)) >= before + copies,
    );
    expect(await duplicatesSeen(comanda)).toBe(before + copies);
  };

  it.each([
    ['while Redis remembers them', false],
    ['when Redis has forgotten everything', true],
  ])('handles messages that are delivered five times more only once, %s', async (_, forgotten) => {
    const orderId = await comanda.place(orderOf(PRODUCTS.espresso, 2));
    const messages = await wire.allOf(orderId, STEPS_UNTIL_SOLD);
    expect(messages).toHaveLength(STEPS_UNTIL_SOLD.length);
    await checkBooks(comanda);
    const before = readLedger(comanda);

    if (forgotten) {
      const redis = new Redis(comanda.redis.url);
      await redis.flushall();
      await redis.quit();
    }
    const published = wire.seen.length;
    await repeat(messages);

    await checkBooks(comanda);
    expect(readLedger(comanda)).toEqual(before);
    // Nothing but the copies went over the wire: no service published anything again.
    expect(wire.seen.length - published).toBe(5 * messages.length);
    expect(comanda.witness.receiver.about(orderId)).toHaveLength(5);
  });

  /** One command to order an espresso, five times at the same moment; its id, and that of its order. */
  const publishFiveTimes = () => {
    const orderId = newId();
    const customer = { customerId: CUSTOMER.accountId, paymentMethod: 'sim_approved' };
    const items = [{ productId: PRODUCTS.espresso, quantity: 1 }];
    const command = anEnvelope(CreateOrder, { subject: orderId, data: { orderId, items, ...customer } });
    for (let copy = 0; copy < 5; copy += 1) wire.send(command);
    accepted.push(orderId);
    return { orderId, id: command.id };
  };

  it('makes one order of a command that arrives five times at the same moment', async () => {
    const { orderId } = publishFiveTimes();
    const books = await checkBooks(comanda);
    expect(books.orders).toBe(accepted.length);
    expect(wire.about(orderId).filter(({ routingKey }) => routingKey === 'order.created')).toHaveLength(1);
  });

  it('is not held up when copies of a message wait together for their service', async () => {
    await comanda.platform.stopOne('orders');
    const { id } = publishFiveTimes();
    await until(
      'five copies wait',
      async () => (await countMessages(comanda.brokerUrl)).waiting.orders_queue === 5,
    );
    const redis = await watched();
    await comanda.platform.start('orders');
    await checkBooks(comanda);
    const asked = (await redis.commands())
      .filter(([name]) => name?.toLowerCase().startsWith('eval'))
      .map(keysOf)
      .filter((keys) => keys.some((key) => key.endsWith(`:${id}`)) && !keys.some(isLatest));
    // One that finds another's lock comes again each second until that has run out, and asks each time.
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.length).toBeLessThanOrEqual(5);
  });

  it('takes one order of a client that sends it ten times at once with the same Idempotency-Key', async () => {
    const body = orderOf(PRODUCTS.espresso);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        comanda.customer.post('/orders', body, { 'idempotency-key': 'ten-at-once' }),
      ),
    );
    const statuses = new Set(answers.map(({ status }) => status));
    expect([...statuses].filter((status) => status !== 202 && status !== 409)).toEqual([]);
    const ids = new Set(
      answers.filter(({ status }) => status === 202).map(({ body }) => (body as { orderId: string }).orderId),
    );
    expect(ids.size).toBe(1);
    accepted.push(...ids);
    expect((await checkBooks(comanda)).orders).toBe(accepted.length);
  });
});

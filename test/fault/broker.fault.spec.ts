import { CreateOrder, DATABASE_OWNERS, type DatabaseName, newId } from '@comanda/contracts';
import { anEnvelope } from '@comanda/test-kit';
import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type Channel, type ChannelModel, connect } from 'amqplib';
import { type Answer, CUSTOMER, orderOf, PRODUCTS } from '../support/api.js';
import { checkBooks } from '../support/books.js';
import { everyChange, notInTime } from '../support/every-change.js';
import { linesWith, notReady, readyAgain } from '../support/health.js';
import { metricOf } from '../support/metrics.js';
import { countMessages } from '../support/queues.js';
import { PATIENCE_MS, until } from '../support/until.js';
import { useInstallation } from '../support/use-installation.js';
import { EXCHANGE, Wire } from '../support/wire.js';

const ALL = DATABASE_OWNERS.map(({ alias }) => alias);
const order = orderOf(PRODUCTS.espresso);

jest.setTimeout(3 * PATIENCE_MS);

describe("the broker's bad days", () => {
  const comanda = useInstallation({ ownBroker: true });
  const { accepted } = comanda;
  let connection: ChannelModel;
  let channel: Channel;
  beforeAll(openChannel);
  // A test that failed in the middle must not leave its fault to the next ones.
  afterEach(() => comanda.rabbit.ctl('set_vm_memory_high_watermark', '0.4'));

  async function openChannel(): Promise<void> {
    connection = await connect(comanda.brokerUrl);
    connection.on('error', () => undefined); // one test closes all connections
    channel = await connection.createChannel();
  }

  const said = (instance: string, text: string) => linesWith(comanda, instance, text);
  const everyone = (act: (service: DatabaseName) => Promise<void>) => Promise.all(ALL.map(act));
  const everyoneIsReady = () => everyone((service) => readyAgain(comanda, service));
  const outbox = (service: DatabaseName) => comanda.rows(service, 'SELECT 1 FROM outbox').length;

  function expectComeBackLater({ status, headers, body }: Answer): void {
    expect(status).toBe(503);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(body).toMatchObject({ status: 503, code: 'BROKER_UNAVAILABLE' });
  }

  /** Places an order as a well-behaved client: after a 503 it tries again, with the same key. */
  async function place(): Promise<string> {
    const key = { 'idempotency-key': newId() };
    let orderId = '';
    await until('an order is accepted', async () => {
      const answer = await comanda.customer.post('/orders', order, key);
      if (answer.status === 202) orderId = (answer.body as { orderId: string }).orderId;
      else expectComeBackLater(answer);
      return orderId !== '';
    });
    accepted.push(orderId);
    return orderId;
  }
  const confirmed = async (orderId: string) =>
    expect((await comanda.customer.ended(orderId)).status).toBe('CONFIRMED');

  it('it closes all connections: everyone notices, says so, and is back by itself', async () => {
    const noticed = everyone((service) => notReady(comanda, service, 'not connected to the broker'));
    await comanda.rabbit.ctl('close_all_connections', 'a test closes them');
    await noticed;
    // Others may have been lost before: a broker that has just started breaks some off by itself.
    const lost = (service: DatabaseName) =>
      said(service, 'connection to the broker lost').filter((line) => line.includes('a test closes them'));
    // The gateway has one; the others have one for what comes in, one for what goes out, and one for dead letters.
    await everyone(async (service) => expect(lost(service)).toHaveLength(service === 'gateway' ? 1 : 3));
    await everyoneIsReady();
    await openChannel();
    await confirmed(await place());
  });

  it('the exchange is gone (404 on every channel that publishes): it is declared again, and nothing is lost', async () => {
    await confirmed(await place());
    await channel.deleteExchange(EXCHANGE);
    await confirmed(await place());
    const lost = said('gateway', 'channel lost, opening it again');
    expect(lost.filter((line) => line.includes(`no exchange '${EXCHANGE}'`))).toHaveLength(1);
    await everyoneIsReady();
  });

  it('it cancels a consumer, whose queue was deleted: the queue is declared again and consumed', async () => {
    await comanda.customer.ended(accepted.at(-1) ?? '');
    await channel.deleteQueue('payments_queue');
    await until(
      'payments-service says that its consumer was cancelled',
      () => said('payments', 'the broker cancelled the consumer').length === 1,
    );
    await readyAgain(comanda, 'payments');
    await confirmed(await place());
  });

  it('a binding is gone and a message finds no queue: it is declared again, and the message published again', async () => {
    await channel.unbindQueue('orders_queue', EXCHANGE, 'orders.create');
    const orderId = await comanda.place(order);
    expect(said('gateway', 'no queue is bound for this type')).toHaveLength(1);
    await confirmed(orderId);
  });

  it('one of several bindings is gone: its consumer binds its queue again, although no publish fails', async () => {
    const bindings = async () =>
      (await comanda.rabbit.ctl('list_bindings', 'destination_name', 'routing_key'))
        .split('\n')
        .filter((line) => /^products_queue\s+order\.created$/.test(line));
    await channel.unbindQueue('products_queue', EXCHANGE, 'order.created');
    await until('the queue is bound again', async () => (await bindings()).length === 1);
    await confirmed(await place());
  });

  it('a queue is full: what it refuses waits in the outbox, which is logged once, and all is published afterwards', async () => {
    await comanda.platform.stopOne('payments');
    await comanda.rabbit.ctl(
      ...['set_policy', 'full', '^payments_queue$', '{"max-length":1}', '--apply-to', 'queues'],
    );
    const orders: string[] = [];
    const reserved = (orderId: string) =>
      comanda.rows('products', 'SELECT 1 FROM reservations WHERE order_id = ?', orderId).length === 1;
    // The queue counts messages: these are one message each, the others go in frames.
    for (let at = 0; at < 3; at += 1) {
      const orderId = await place();
      await until('its stock is reserved', () => reserved(orderId));
      orders.push(orderId);
    }
    orders.push(...(await Promise.all(Array.from({ length: 12 }, place))));
    await notReady(comanda, 'products', 'an event is not taken: PublishFailed: product.stockReserved');
    await until(
      'what was refused is offered again',
      async () => (await metricOf(comanda, 'products', 'comanda_publish_failures_total')) > 12,
    );
    expect(said('products', 'event not published, it stays in the outbox')).toHaveLength(1);
    expect(outbox('products')).toBeGreaterThan(0);
    // A service that does not publish there is not disturbed.
    await readyAgain(comanda, 'orders');

    await comanda.rabbit.ctl('clear_policy', 'full');
    await comanda.platform.start('payments');
    for (const orderId of orders) await confirmed(orderId);
    await until('all events are published', () => outbox('products') === 0);
    await readyAgain(comanda, 'products');
  });

  it('it is short of memory and takes nothing: clients get a 503, events wait on disk, memory stays flat', async () => {
    const many = 4_000;
    await comanda.platform.stopOne('orders');
    const wire = new Wire();
    await wire.open(comanda.brokerUrl);
    for (let at = 0; at < many; at++) {
      const [id, orderId] = [newId(), newId()];
      wire.send(commandToRefuse(id, orderId));
      accepted.push(orderId);
    }
    await until(
      'many commands wait for orders-service',
      async () => (await countMessages(comanda.brokerUrl)).waiting.orders_queue === many,
    );
    await wire.close();

    await comanda.rabbit.ctl('set_vm_memory_high_watermark', '0.00001');
    // The broker says that it is blocked only to a connection that publishes: the first order finds out.
    const first = await comanda.customer.post('/orders', order, { 'idempotency-key': 'the first' });
    expectComeBackLater(first);
    await notReady(comanda, 'gateway', 'the broker is blocked');
    for (let at = 0; at < 20; at++) expectComeBackLater(await comanda.customer.post('/orders', order));
    expect(said('gateway', 'broker takes no messages')).toHaveLength(1);

    const started = comanda.platform.start('orders'); // ready when the alarm is over
    const taken = () => comanda.rows('orders', `SELECT 1 FROM inbox`).length - before;
    const before = comanda.rows('orders', `SELECT 1 FROM inbox`).length;
    const memory = () => metricOf(comanda, 'orders', 'process_resident_memory_bytes');
    await until('a part is taken', () => taken() >= many / 4);
    const then = await memory();
    await until('all is taken', () => taken() === many);
    await notReady(comanda, 'orders', 'the broker is blocked');
    expect(said('orders', 'broker takes no messages')).toHaveLength(1);
    // Every event is on disk, and none is held in memory until the broker takes it.
    expect(outbox('orders')).toBe(many);
    expect(await metricOf(comanda, 'orders', 'comanda_outbox_in_flight')).toBe(0);
    // Three thousand messages more: what a process needs for work itself, and nothing that grows with the backlog.
    expect((await memory()) - then).toBeLessThan(128 * 1024 * 1024);

    await comanda.rabbit.ctl('set_vm_memory_high_watermark', '0.4');
    await started;
    await everyoneIsReady();
    // The first order had left the gateway when the broker said that it is blocked; the same key is the same order.
    const again = await comanda.customer.post('/orders', order, { 'idempotency-key': 'the first' });
    expect(again.status).toBe(202);
    accepted.push((again.body as { orderId: string }).orderId);
    await confirmed(await place());
    await until('all events are published', () => outbox('orders') === 0);
  });

  it('leaves the books right', async () => {
    const books = await checkBooks(comanda);
    expect(books.orders).toBe(accepted.length);
    expect(books.cancelled).toBe(0);
  });

  describe('every route that changes something answers before what is away comes back', () => {
    it('the services, which were killed: what the broker holds is accepted, the rest is a 503', async () => {
      const services = ALL.filter((name) => name !== 'gateway');
      await Promise.all(services.map((name) => comanda.platform.kill(name)));
      const answers = await everyChange(comanda);
      expect(answers.length).toBeGreaterThan(25);
      expect(notInTime(answers)).toEqual([]);
      expect(answers.find(({ route }) => route === 'POST /api/v1/orders')?.status).toBe(202);
      await Promise.all(services.map((name) => comanda.platform.start(name)));
    });

    it('the broker, which hangs, then is killed: nothing that it would have to hold is accepted', async () => {
      await comanda.rabbit.pause();
      const hanging = await everyChange(comanda);
      expect(notInTime(hanging)).toEqual([]);
      await comanda.rabbit.kill();
      await notReady(comanda, 'gateway', 'broker');
      const away = await everyChange(comanda);
      expect(notInTime(away)).toEqual([]);
      for (const answers of [hanging, away])
        expect(answers.filter(({ ofServices, status }) => ofServices && status !== 503)).toEqual([]);
      await comanda.rabbit.start();
      await Promise.all(ALL.map((service) => readyAgain(comanda, service)));
    });

    it('the gateway’s own database, which somebody else writes to: a 503 where something must be kept', async () => {
      const unlock = comanda.lock('gateway');
      const answers = await everyChange(comanda);
      expect(answers.filter(({ status }) => status >= 500 && status !== 503)).toEqual([]);
      // By the gateway's own limit of time: the database would wait for longer.
      const late = answers.filter(({ status }) => status === 503);
      expect(late.map(({ code }) => code)).toEqual(late.map(() => 'SERVICE_UNAVAILABLE'));
      expect(late).toEqual(
        expect.arrayContaining(answers.filter(({ ofServices, takesKey }) => ofServices && takesKey)),
      );
      unlock();
      await until('what must be kept is kept again', async () =>
        (await everyChange(comanda)).every(({ status }) => status < 500),
      );
    });
  });
});

/** A command for an order of an unknown product: one event comes of it. */
const commandToRefuse = (id: string, orderId: string) =>
  anEnvelope(CreateOrder, {
    id,
    subject: orderId,
    data: {
      orderId,
      customerId: CUSTOMER.accountId,
      items: [{ productId: PRODUCTS.unknown, quantity: 1 }],
    },
  });

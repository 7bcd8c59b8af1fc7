import { type AddressInfo, connect, createServer, Socket } from 'node:net';
import { newId } from '@comanda/contracts';
import { until } from '@comanda/kit';
import { RecordingLogger, rabbitmqctl, rabbitUrl, vhost } from '@comanda/test-kit';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { Messaging } from '../messaging.js';
import { jobs } from '../testing/jobs.js';
import { counted, countWhatHappens, DEAD_LETTERS, many, Noted, QUEUE, SERVICE } from '../testing/ledger.js';
import { LISTENER, Stage, useStage } from '../testing/stage.js';
import { Broker } from './broker.js';
import { Publisher } from './publisher.js';
import { EXCHANGE } from './topology.js';
import { PublishFailed } from './transport.js';
import { outgoing } from './wire.js';

const brokers: Broker[] = [];
afterEach(async () => {
  jest.restoreAllMocks();
  for (const broker of brokers.splice(0)) await broker.close();
});
const stage = useStage();

const log = new RecordingLogger();
function brokerAt(url = rabbitUrl()): Broker {
  const broker = new Broker(url, 'test', log);
  brokers.push(broker);
  return broker;
}

/** Fails with what a promise was rejected with, or with that it still hangs. */
const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  Promise.race([
    promise.then(
      () => 'resolved',
      (error: unknown) => error,
    ),
    new Promise((resolve) => setTimeout(resolve, 10_000, 'hangs').unref()),
  ]);

const note = () => outgoing({ messageId: newId(), type: Noted.type, body: '{}' });

/** The method Connection.OpenOk of AMQP 0-9-1, and a frame with Connection.Close: 320, no text, for no method. */
const OPEN_OK = Buffer.from('000a0029', 'hex');
const CLOSE = Buffer.from('0100000000000b000a003201400000000000ce', 'hex');

/** Stands before the broker as a node of a cluster that can be lost. */
class Node {
  readonly #sockets = new Set<Socket>();
  connections = 0;
  /** How many connections are closed in the packet that opens them. */
  closesAtOnce = 0;
  readonly #server = createServer((client) => {
    this.connections += 1;
    const { hostname, port } = new URL(rabbitUrl());
    const broker = connect(Number(port), hostname);
    for (const [from, to] of [
      [client, broker],
      [broker, client],
    ] as const) {
      this.#sockets.add(from);
      from.on('error', () => undefined).on('close', () => to.destroy());
    }
    client.pipe(broker);
    broker.on('data', (chunk: Buffer) => {
      const closes = this.closesAtOnce > 0 && chunk.includes(OPEN_OK);
      if (closes) this.closesAtOnce -= 1;
      client.write(closes ? Buffer.concat([chunk, CLOSE]) : chunk);
    });
  });

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get url(): string {
    const url = new URL(rabbitUrl());
    url.port = String((this.#server.address() as AddressInfo).port);
    return url.href;
  }

  lose(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

describe('our connections', () => {
  test("send small frames at once: Nagle's algorithm is off on each of them", async () => {
    const noDelay = jest.spyOn(Socket.prototype, 'setNoDelay');
    const instance = await stage.start();
    expect(instance.messaging.unhealthyReason).toBeUndefined();
    const sockets = new Set(noDelay.mock.contexts as Socket[]);
    expect(
      [...sockets].filter((socket) => socket.remotePort === Number(new URL(rabbitUrl()).port)),
    ).toHaveLength(2);
    expect(noDelay.mock.calls.filter(([on]) => on === false)).toEqual([]);
  });

  test('go to the next node when theirs is gone, without a pause, and pause when none is there', async () => {
    const nodes = [await new Node().start(), await new Node().start()];
    const own = new RecordingLogger();
    const broker = new Broker(['amqp://127.0.0.1:1', ...nodes.map(({ url }) => url)].join(','), 'test', own);
    brokers.push(broker);
    let declared = 0;
    const publisher = new Publisher(broker, async () => {
      declared += 1;
    });
    await publisher.ready();
    const [used] = nodes.filter(({ connections }) => connections === 1);
    const [other] = nodes.filter((node) => node !== used);
    expect(other?.connections).toBe(0);

    used?.lose();
    await until('the loss is known', () => own.said('connection to the broker lost').length === 1);
    await publisher.ready();
    expect(other?.connections).toBe(1);
    expect(own.said('connection to the broker lost, the next node is tried')).toHaveLength(1);
    expect(own.said('next try in')).toEqual([]);
    // The cluster has what was declared; what proves not to be there is declared anew.
    expect(declared).toBe(1);
    await failureOf(publisher.publish({ ...note(), exchange: 'there.is.none' }));
    await publisher.ready();
    expect(declared).toBe(2);

    const skipped = () => own.said('broker not reached, the next node is tried').length;
    const before = skipped();
    other?.lose();
    await until('all were tried', () => own.said('broker not reached, next try in 3 s').length === 1);
    expect(skipped() - before).toBe(2);
  });

  test('closed by a node in the packet that opens them are opened again', async () => {
    const node = await new Node().start();
    node.closesAtOnce = 2;
    const publisher = new Publisher(brokerAt(node.url));
    await publisher.ready();
    await publisher.publish(note());
    expect(node.closesAtOnce).toBe(0);
    expect(node.connections).toBe(3);
    expect(publisher.unhealthyReason).toBeUndefined();
  });

  test('closed by the server are opened again, and each message takes effect once', async () => {
    const instance = await stage.start();
    const before = many(300, (at) => counted({ counter: `c${at % 3}` }));
    const after = many(300, (at) => counted({ counter: `c${at % 3}` }));
    await stage.raw.publish(before);
    await until('it is in full swing', async () => (await instance.rows('effects')) > 0);
    await rabbitmqctl('close_all_connections', '-p', vhost(), 'as a test');
    await until('the loss is known', () => instance.messaging.unhealthyReason !== undefined);
    const again = await Stage.openRaw();
    await again.publish(after);
    await until('all took effect', async () => (await instance.rows('effects')) >= 600);
    await until('nothing is in trouble', () => instance.messaging.unhealthyReason === undefined);
    await until('all events are published', async () => (await instance.rows('outbox')) === 0);
    await instance.stop();
    expect((await instance.effects()).map(({ messageId }) => messageId).sort()).toEqual(
      [...before, ...after].map(({ id }) => id).sort(),
    );
    expect(new Set((await again.events(LISTENER)).map(({ id }) => id)).size).toBe(600);
    expect(await again.ready(QUEUE)).toBe(0);
    expect(await again.ready(DEAD_LETTERS)).toBe(0);
    expect(instance.log.said('connection to the broker lost')).toHaveLength(2);
    await again.close();
  });

  test('lost while the service stops: what was not taken stays in the queue, and its count of deliveries does not grow', async () => {
    const { work, release } = heldWork();
    const instance = await stage.start({ work: [work] });
    await instance.leave([{ id: newId() }]);
    await until('a job runs', () => started === 1);
    await rabbitmqctl('close_all_connections', '-p', vhost(), 'as a test');
    await until('the loss is known', () => instance.messaging.unhealthyReason !== undefined);
    const stopped = instance.stop();
    const again = await Stage.openRaw();
    await again.publish([counted({ counter: 'late' })]);
    await until('the publisher is back', () => instance.log.said('connected to the broker').length >= 4);
    const comesBack = until('a consumer comes back', async () => (await again.consumers(QUEUE)) > 0, {
      timeoutMs: 2_500,
    });
    await expect(comesBack).rejects.toThrow('in vain');
    expect(await again.ready(QUEUE)).toBe(1);
    release();
    await stopped;
    expect(await again.ready(DEAD_LETTERS)).toBe(0);
    const [left] = await again.drain(QUEUE);
    expect(left?.fields.redelivered).toBe(false);
    expect(await instance.count('late')).toBe(0);
    await again.close();
  });
});

let started = 0;
function heldWork() {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  started = 0;
  const work = jobs({
    leaseSeconds: 60,
    run: () => {
      started++;
      return released;
    },
  });
  return { work, release: () => release() };
}

describe('a publish', () => {
  test('is refused at once while there is no connection', async () => {
    const publisher = new Publisher(brokerAt('amqp://127.0.0.1:1'));
    expect(await failureOf(publisher.publish(note()))).toMatchObject({
      name: 'PublishFailed',
      reason: 'not-connected',
      message: 'not connected to the broker',
    });
    expect(publisher.inFlight).toBe(0);
  });

  test('that reaches no queue is reported as unroutable; its neighbours arrive', async () => {
    const publisher = new Publisher(brokerAt());
    await publisher.ready();
    const lost = { ...note(), routingKey: 'test.nobody' };
    const results = await Promise.all(
      [note(), lost, note()].map((message) => failureOf(publisher.publish(message))),
    );
    expect(results).toEqual(['resolved', expect.any(PublishFailed), 'resolved']);
    expect(results[1]).toMatchObject({ reason: 'unroutable' });
    expect(await stage.raw.events(LISTENER)).toHaveLength(2);
  });

  test('in flight when a 404 closes its channel is rejected, and a new channel opens', async () => {
    const publisher = new Publisher(brokerAt());
    await publisher.ready();
    const missing = { ...note(), exchange: 'there.is.none' };
    const results = await Promise.all(
      [missing, note(), note()].map((message) => failureOf(publisher.publish(message))),
    );
    expect(results[0]).toMatchObject({ reason: 'channel-closed' });
    for (const result of results) expect(result === 'resolved' || result instanceof PublishFailed).toBe(true);
    expect(publisher.inFlight).toBe(0);
    await publisher.ready();
    await publisher.publish(note());
    expect(log.said('channel lost, opening it again').at(-1)?.fields.error).toContain('404');
  });

  test('in flight when a 406 closes its channel is rejected, and a new channel opens', async () => {
    const broker = brokerAt();
    let ackWhatWasNeverDelivered = () => {};
    const publisher = new Publisher(broker, async (channel) => {
      ackWhatWasNeverDelivered = () =>
        channel.ack({ fields: { deliveryTag: 4711 } } as Parameters<typeof channel.ack>[0]);
    });
    await publisher.ready();
    ackWhatWasNeverDelivered();
    const result = await failureOf(
      Promise.all(many(50, () => counted({ counter: 'a' })).map(() => publisher.publish(note()))),
    );
    expect(result).toMatchObject({ name: 'PublishFailed', reason: 'channel-closed' });
    await until('all are settled', () => publisher.inFlight === 0);
    await publisher.ready();
    await publisher.publish(note());
    expect(log.said('channel lost, opening it again').at(-1)?.fields.error).toContain('406');
  });

  test('in flight when the connection is closed is rejected, not kept for later', async () => {
    const publisher = new Publisher(brokerAt());
    await publisher.ready();
    const closed = rabbitmqctl('close_all_connections', '-p', vhost(), 'as a test');
    const results: unknown[] = [];
    await until('one was rejected', async () => {
      results.push(await failureOf(publisher.publish(note())));
      return results.at(-1) !== 'resolved';
    });
    await closed;
    expect(results.at(-1)).toBeInstanceOf(PublishFailed);
    expect(publisher.inFlight).toBe(0);
    await publisher.ready();
    const again = await Stage.openRaw();
    const kept = (await again.drain(LISTENER)).length;
    expect(kept).toBeGreaterThanOrEqual(results.filter((result) => result === 'resolved').length);
    expect(kept).toBeLessThanOrEqual(results.length);
    await again.close();
  });
});

describe('messages in hand when their channel is lost', () => {
  test('are acked on no other channel: they are delivered again, take effect once, and no connection is closed for it', async () => {
    const instance = await stage.start({ prefetch: 50 });
    await stage.raw.publish(many(400, (at) => counted({ counter: `c${at % 4}` })));
    for (let round = 0; round < 2; round++) {
      await until('it is in full swing', async () => (await instance.rows('effects')) > round * 100);
      await rabbitmqctl('close_all_connections', '-p', vhost(), 'as a test');
      await until('it is back', () => instance.messaging.unhealthyReason === undefined);
    }
    await until('all took effect', async () => (await instance.rows('effects')) >= 400);
    await instance.stop();
    expect(await instance.rows('effects')).toBe(400);
    const again = await Stage.openRaw();
    expect(await again.ready(QUEUE)).toBe(0);
    expect(await again.ready(DEAD_LETTERS)).toBe(0);
    await again.close();
    // Each loss was ours: no 406 for a tag of another channel.
    const errors = instance.log.lines.flatMap(({ fields }) =>
      typeof fields.error === 'string' ? [fields.error] : [],
    );
    expect(
      errors.filter((error) => error.includes('PRECONDITION_FAILED') || error.includes('delivery tag')),
    ).toEqual([]);
  });

  test('and longer than the loss lasts are acked on no other channel, whose tags mean other deliveries', async () => {
    const instance = await stage.start();
    let release = () => {};
    const held = instance.database.transaction(
      () =>
        new Promise<void>((resolve) => {
          release = resolve;
        }),
    );
    await stage.raw.publish(many(50, () => counted({ counter: 'a' })));
    await until('all are in hand', async () => (await stage.raw.ready(QUEUE)) === 0);
    await rabbitmqctl('close_all_connections', '-p', vhost(), 'as a test');
    await until('the loss is known', () => instance.messaging.unhealthyReason !== undefined);
    await until('it is back', () => instance.messaging.unhealthyReason === undefined);
    const again = await Stage.openRaw();
    await until('all are in hand a second time', async () => (await again.ready(QUEUE)) === 0);
    release();
    await held;
    await until('all took effect', async () => (await instance.rows('effects')) >= 50);
    await again.publish([counted({ counter: 'last' })]);
    await until('what came after is handled', async () => (await instance.count('last')) === 1);
    await instance.stop();
    expect(await instance.rows('effects')).toBe(51);
    expect(await again.ready(QUEUE)).toBe(0);
    expect(await again.ready(DEAD_LETTERS)).toBe(0);
    expect(instance.log.said('channel lost').filter(({ fields }) => fields.error !== undefined)).toEqual([]);
    await again.close();
  });
});

describe('the queues', () => {
  test('are quorum queues with a delivery limit and a place for dead letters', async () => {
    await stage.start();
    const listed = await rabbitmqctl(
      'list_queues',
      '-p',
      vhost(),
      'name',
      'type',
      'arguments',
      '--formatter',
      'json',
    );
    // Other tests leave queues of their own on this broker.
    const lasting = (JSON.parse(listed) as { name: string; type: string; arguments: unknown }[]).filter(
      ({ name }) => /^[a-z]+_queue(\.dlq|\.retry\.\d+s)?$/.test(name),
    );
    expect(lasting.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'orders_queue',
        'products_queue',
        'payments_queue',
        'webhooks_queue',
        DEAD_LETTERS,
        'products_queue.retry.1s',
        'products_queue.retry.2s',
      ]),
    );
    expect(lasting.filter(({ type }) => type !== 'quorum')).toEqual([]);
    for (const { name, arguments: given } of lasting) {
      const text = JSON.stringify(given);
      expect([name, text]).toEqual([name, expect.stringContaining('x-delivery-limit')]);
      if (name.endsWith('.dlq')) continue;
      expect([name, text]).toEqual([name, expect.stringContaining('x-dead-letter-routing-key')]);
      expect([name, text]).toEqual([name, expect.stringContaining('at-least-once')]);
    }
  });

  test('move a message to the dead letters when it killed its consumer too often, instead of dropping it', async () => {
    await (await stage.start()).stop();
    const message = counted({ counter: 'a' });
    await stage.raw.publish([message]);
    await stage.raw.wearOut(QUEUE);
    await until('it is a dead letter', async () => (await stage.raw.ready(DEAD_LETTERS)) === 1);
    const [deadLetter] = await stage.raw.drain(DEAD_LETTERS);
    expect(deadLetter?.content.equals(message.body)).toBe(true);
  });

  test('declared otherwise on the broker are logged and make the service unhealthy until an operator mends them', async () => {
    await (await stage.start()).stop();
    await stage.raw.delete('products_queue.retry.2s');
    await stage.raw.declare('products_queue.retry.2s', {
      durable: true,
      arguments: { 'x-queue-type': 'quorum' },
    });
    const instance = await stage.create();
    await until('it is logged', () => instance.log.said('channel could not be set up').length > 0);
    expect(instance.messaging.unhealthyReason).toContain('is declared otherwise on the broker: x-');
    expect(instance.messaging.unhealthyReason).toContain('products_queue.retry.2s');
    expect(instance.log.said('channel could not be set up')[0]?.level).toBe('error');
    await stage.raw.delete('products_queue.retry.2s');
    await instance.messaging.ready();
    expect(instance.messaging.unhealthyReason).toBeUndefined();
  });
});

describe('a service', () => {
  test('with two handlers for one type does not start', async () => {
    const instance = await stage.create({ rabbitUrl: 'amqp://127.0.0.1:1' });
    expect(
      () =>
        new Messaging({
          service: SERVICE,
          rabbitUrl: rabbitUrl(),
          database: instance.database,
          redis: undefined,
          handlers: [countWhatHappens, { ...countWhatHappens, name: 'another' }],
          queries: [],
          work: [],
          logger: log,
        }),
    ).toThrow('there are two handlers for test.counted');
  });

  test(`publishes events to ${EXCHANGE} with the id and the type in the AMQP properties`, async () => {
    const instance = await stage.start();
    await stage.raw.publish([
      counted({ counter: 'a' }, { correlationid: 'the-request', traceparent: '00-1-2-01' }),
    ]);
    await until('it is published', async () => (await stage.raw.ready(LISTENER)) === 1);
    await instance.stop();
    const [published] = await stage.raw.drain(LISTENER);
    const body = JSON.parse(published?.content.toString('utf8') ?? '{}') as Record<string, unknown>;
    expect(published?.properties).toMatchObject({
      messageId: body.id,
      type: Noted.type,
      deliveryMode: 2,
      contentType: 'application/cloudevents+json',
    });
    expect(body).toMatchObject({
      source: SERVICE,
      tenantid: 'default',
      correlationid: 'the-request',
      traceparent: '00-1-2-01',
    });
  });
});

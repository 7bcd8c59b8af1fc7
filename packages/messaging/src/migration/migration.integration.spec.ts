import type { Socket } from 'node:net';
import { newId } from '@comanda/contracts';
import { rabbitUrl } from '@comanda/test-kit';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ChannelModel, ConfirmChannel } from 'amqplib';
import { DEAD_LETTERS, QUEUE } from '../testing/ledger.js';
import { RawBroker } from '../testing/raw-broker.js';
import { connectOnce } from './connect.js';
import { CannotMigrate, migrateQueue } from './migrate.js';
import { checkQueues, familyOf, refugeOf } from './queue-status.js';

const LADDER = ['products_queue.retry.1s', 'products_queue.retry.5s', 'products_queue.retry.30s'] as const;
const RETRY_SECONDS = [1, 5, 30];
const FAMILY = [DEAD_LETTERS, QUEUE, ...LADDER];
/** What products-service reacts to. */
const TYPE = 'order.created';

let raw: RawBroker;
let connection: ChannelModel;
const said: string[] = [];
beforeEach(async () => {
  raw = await RawBroker.open(rabbitUrl());
  connection = await connectOnce(rabbitUrl(), 'test');
  await raw.deleteExchange();
  await raw.listen('test_somebody', [TYPE]); // declares the exchange
  for (const queue of FAMILY.flatMap((one) => [one, refugeOf(one)])) await raw.delete(queue);
  said.length = 0;
});
afterEach(async () => {
  await connection.close().catch(() => undefined);
  for (const queue of [...FAMILY.flatMap((one) => [one, refugeOf(one)]), 'test_somebody'])
    await raw.delete(queue);
  await raw.close();
});

/** As a former version declared them: durable and quorum, without limits; the ladder leads back all the same. */
async function declareAsBefore(): Promise<void> {
  const quorum = { 'x-queue-type': 'quorum' };
  await raw.declare(DEAD_LETTERS, { durable: true, arguments: quorum });
  await raw.declare(QUEUE, { durable: true, arguments: quorum });
  for (const step of LADDER) {
    const seconds = Number(/(\d+)s$/.exec(step)?.[1]);
    const back = { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': QUEUE };
    await raw.declare(step, {
      durable: true,
      arguments: { ...quorum, 'x-message-ttl': seconds * 1000, ...back },
    });
  }
  await raw.bind(QUEUE, [TYPE]);
}

async function fill(queue: string, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => newId());
  for (const id of ids)
    await raw.send(queue, Buffer.from(`{"id":"${id}"}`), {
      messageId: id,
      type: TYPE,
      headers: { 'x-comanda-attempts': '[]' },
    });
  return ids;
}

const migrate = (over = connection) =>
  migrateQueue({
    connection: over,
    queue: QUEUE,
    retrySeconds: RETRY_SECONDS,
    say: (line) => said.push(line),
  });

const idsIn = async (queue: string): Promise<string[]> =>
  (await raw.drain(queue)).map(({ properties }) => String(properties.messageId));
const wrongOnes = async (): Promise<string[]> =>
  (await checkQueues(connection)).standings
    .filter(({ queue, kind }) => FAMILY.includes(queue) && kind !== 'right')
    .map(({ queue, kind }) => `${queue}: ${kind}`);

describe('queues that are declared otherwise', () => {
  test('are declared anew and keep every message, its properties, and their bindings', async () => {
    await declareAsBefore();
    const waiting = await fill(QUEUE, 120);
    const again = await fill(LADDER[2], 7);
    const dead = await fill(DEAD_LETTERS, 5);
    expect(await wrongOnes()).toEqual(FAMILY.map((queue) => `${queue}: otherwise`));
    await migrate();
    expect(await wrongOnes()).toEqual([]);
    const kept = await raw.drain(QUEUE);
    expect(kept.map(({ properties }) => properties.messageId).sort()).toEqual([...waiting, ...again].sort());
    const [first] = kept;
    expect(first?.content.toString()).toBe(`{"id":"${String(first?.properties.messageId)}"}`);
    expect(first?.properties).toMatchObject({
      type: TYPE,
      headers: { 'x-comanda-attempts': '[]' },
      deliveryMode: 2,
    });
    expect((await idsIn(DEAD_LETTERS)).sort()).toEqual([...dead].sort());
    for (const queue of FAMILY) expect([queue, await raw.exists(refugeOf(queue))]).toEqual([queue, false]);
    await raw.publish([{ id: 'told-later', type: TYPE, body: Buffer.from('{}') }]);
    expect(await idsIn(QUEUE)).toEqual(['told-later']);
    expect(said).toHaveLength(4);
  });

  test('miss no event that is told meanwhile, and none that comes out of the ladder meanwhile', async () => {
    await declareAsBefore();
    const told: string[] = [...(await fill(LADDER[0], 30)), ...(await fill(QUEUE, 200))];
    let telling = true;
    const teller = (async () => {
      while (telling) {
        const id = newId();
        await raw.publish([{ id, type: TYPE, body: Buffer.from('{}') }]);
        told.push(id);
      }
    })();
    try {
      await migrate();
    } finally {
      telling = false;
      await teller;
    }
    const kept = new Set(await idsIn(QUEUE));
    expect(told.filter((id) => !kept.has(id))).toEqual([]);
    expect(kept.size).toBe(told.length);
    expect(await wrongOnes()).toEqual([]);
  });

  test('lose nothing when the migration is interrupted, again and again, each time a little later', async () => {
    await declareAsBefore();
    const waiting = await fill(QUEUE, 6);
    const again = await fill(LADDER[2], 2);
    const dead = await fill(DEAD_LETTERS, 3);
    let interrupted = 0;
    for (let steps = 0; ; steps++) {
      const { mortal, dead } = dyingAfter(await connectOnce(rabbitUrl(), 'test'), steps);
      try {
        await migrate(mortal);
        await mortal.close();
        break;
      } catch (error) {
        if (!String(error).includes('interrupted')) throw error;
        await dead();
        interrupted++;
      }
    }
    expect(interrupted).toBeGreaterThan(15);
    expect(await wrongOnes()).toEqual([]);
    // Some may be there twice, which the inbox knows.
    expect([...new Set(await idsIn(QUEUE))].sort()).toEqual([...waiting, ...again].sort());
    expect([...new Set(await idsIn(DEAD_LETTERS))].sort()).toEqual([...dead].sort());
    for (const queue of FAMILY) expect([queue, await raw.exists(refugeOf(queue))]).toEqual([queue, false]);
  }, 120_000);

  test('lose nothing when a step of the ladder leads nowhere', async () => {
    await declareAsBefore();
    await raw.delete(LADDER[1]);
    await raw.declare(LADDER[1], { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    const stuck = await fill(LADDER[1], 3);
    await migrate();
    expect((await idsIn(QUEUE)).sort()).toEqual([...stuck].sort());
    expect(await wrongOnes()).toEqual([]);
  });
});

describe('a migration', () => {
  test('is refused while somebody consumes, and changes nothing', async () => {
    await declareAsBefore();
    const channel = await connection.createChannel();
    await channel.prefetch(1);
    await channel.consume(QUEUE, () => undefined);
    const waiting = await fill(QUEUE, 3);
    const refused = migrate();
    await expect(refused).rejects.toBeInstanceOf(CannotMigrate);
    await expect(refused).rejects.toThrow(
      'products_queue has consumers (1): stop all instances of products-service',
    );
    await channel.close();
    expect((await idsIn(QUEUE)).sort()).toEqual([...waiting].sort());
    expect(await wrongOnes()).toEqual(FAMILY.map((queue) => `${queue}: otherwise`));
    expect(await raw.exists(refugeOf(QUEUE))).toBe(false);
  });

  test('of queues that are right, or not there yet, moves nothing', async () => {
    await migrate();
    const waiting = await fill(QUEUE, 2);
    await migrate();
    expect(said).toEqual([]);
    expect(await idsIn(QUEUE)).toEqual(waiting);
  });

  test('with another exchange in the way is refused with what differs, and changes nothing', async () => {
    await declareAsBefore();
    const waiting = await fill(QUEUE, 2);
    await raw.deleteExchange();
    await raw.declareExchange('fanout');
    await expect(migrate()).rejects.toThrow(
      "exchange comanda.events is declared otherwise on the broker: type is 'fanout' and should be 'topic'",
    );
    await raw.deleteExchange();
    expect(await wrongOnes()).toEqual(FAMILY.map((queue) => `${queue}: otherwise`));
    expect(await idsIn(QUEUE)).toEqual(waiting);
  });

  test('of something else is refused with the names of what there is', async () => {
    const queue = 'products_queue.dlq';
    await expect(migrateQueue({ connection, queue, say: () => {} })).rejects.toThrow(
      "products_queue.dlq is no service's queue; these are: products_queue, orders_queue, payments_queue, webhooks_queue",
    );
  });
});

describe('a check of the queues', () => {
  test('tells what is missing, and declares nothing', async () => {
    const { standings, unfinished } = await checkQueues(connection);
    const ours = standings.filter(({ queue }) => FAMILY.includes(queue));
    expect(ours).toEqual(familyOf(QUEUE, RETRY_SECONDS).map(({ queue }) => ({ queue, kind: 'missing' })));
    expect(unfinished).toEqual([]);
    expect(await raw.exists(QUEUE)).toBe(false);
  });

  test('tells which argument differs, and which migration was not ended', async () => {
    await declareAsBefore();
    await raw.declare(refugeOf(QUEUE), { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    const { standings, unfinished } = await checkQueues(connection);
    expect(standings.find(({ queue }) => queue === DEAD_LETTERS)).toEqual({
      queue: DEAD_LETTERS,
      kind: 'otherwise',
      mismatch: {
        what: 'queue',
        name: DEAD_LETTERS,
        argument: 'x-delivery-limit',
        wanted: "'1000000'",
        found: 'none',
      },
    });
    expect(unfinished).toEqual([QUEUE]);
  });
});

const CHANGES = new Set<PropertyKey>([
  'assertQueue',
  'deleteQueue',
  'bindQueue',
  'unbindQueue',
  'publish',
  'sendToQueue',
  'ack',
]);

/**
 * A connection that breaks off before some change of the broker: what was asked for until then reaches it, what comes
 * after does not. For a broker that is what a killed process looks like.
 */
function dyingAfter(
  connection: ChannelModel,
  steps: number,
): { mortal: ChannelModel; dead: () => Promise<void> } {
  let left = steps;
  let death: Promise<void> | undefined;
  const die = async (): Promise<void> => {
    await connection.createChannel(); // an answer: all that was sent before has arrived
    const { stream } = (connection as unknown as { connection: { stream: Socket } }).connection;
    stream.destroy(new Error('interrupted'));
  };
  const channelOf = (channel: ConfirmChannel): ConfirmChannel =>
    new Proxy(channel, {
      get(on, name) {
        const value: unknown = Reflect.get(on, name, on);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]): unknown => {
          if (!CHANGES.has(name) || left-- > 0) return value.apply(on, args);
          death ??= die();
          throw new Error('interrupted');
        };
      },
    });
  const mortal = new Proxy(connection, {
    get(on, name) {
      const value: unknown = Reflect.get(on, name, on);
      if (name === 'createConfirmChannel')
        return async (): Promise<ConfirmChannel> => channelOf(await on.createConfirmChannel());
      return typeof value === 'function' ? value.bind(on) : value;
    },
  });
  return { mortal, dead: async () => death };
}

import { PassThrough, Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { EVENT_TYPES, LIVE_SOURCES, newId } from '@comanda/contracts';
import { anEnvelope } from '@comanda/test-kit';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { pino } from 'pino';
import { type Change, changesOf, orderIdOf, orderToAskFor } from './changes.js';
import { EventStream, type SentEvent } from './event-stream.js';
import { OpenStreams } from './open-streams.js';
import { OrderSteps } from './order-steps.js';
import { Paced } from './paced.js';
import { type Entry, Ring } from './ring.js';

const update = (
  orderId: string,
  updatedAt = '2026-01-01T12:00:00.000Z',
  status = 'PENDING' as const,
): Change => ({
  name: 'ORDER_UPDATED',
  key: orderId,
  data: { orderId, status, totalAmount: 1, currency: 'EUR', updatedAt },
});
const stock = (...productIds: string[]): Change => ({
  name: 'STOCK_CHANGED',
  key: 'products',
  data: { productIds },
});
const dataOf = (entries: readonly Entry[] | undefined) => entries?.map(({ change }) => change.data);

test('each event that the gateway hears changes something, and is one that there is', () => {
  for (const type of LIVE_SOURCES) {
    const event = anEnvelope(type, { subject: newId(), source: type.publisher, data: type.example }) as never;
    expect([...changesOf(event), orderIdOf(event)].filter(Boolean)).not.toEqual([]);
    expect(EVENT_TYPES).toContain(type.type);
  }
  const [created] = LIVE_SOURCES;
  if (!created) throw new Error('there is none');
  const event = anEnvelope(created, { subject: newId(), data: created.example }) as never;
  expect(orderToAskFor(event)).toBeUndefined();
});

test('an event is looked at when it may be about an order that somebody follows, alone or in a frame', () => {
  const orderId = newId();
  const { examples, about } = eventsOfOrders(orderId);
  expect(about.length).toBeGreaterThan(5);
  const steps = new OrderSteps();
  const each = () => about.map((event) => steps.mayBeIn(Buffer.from(event)));
  expect(each()).toEqual(about.map(() => false));
  const stream = new EventStream(() => 0);
  steps.follow(orderId, undefined, stream, {
    steps: () => Promise.resolve([]),
    status: () => Promise.resolve(undefined),
  });
  expect(each()).toEqual(about.map(() => true));
  expect(steps.mayBeIn(Buffer.from(`[${[...examples, about[0]].join(',')}]`))).toBe(true);
  expect(steps.mayBeIn(Buffer.from(JSON.stringify(JSON.parse(about[0] ?? ''), undefined, 2)))).toBe(true);
  expect(steps.mayBeIn(Buffer.from(`[${examples.join(',')}]`))).toBe(false);
  expect(steps.mayBeIn(Buffer.from([0xff, 0x22]))).toBe(false);
  stream.body.destroy();
});

/** Each event that the gateway hears about orders, as it is published: as in its example, and about this order. */
function eventsOfOrders(orderId: string): { examples: readonly string[]; about: readonly string[] } {
  const bodies = (dataOf: (example: object) => object) =>
    LIVE_SOURCES.filter(({ example }) => orderIdOf({ data: example }) !== undefined).map((type) =>
      JSON.stringify(
        anEnvelope(type, {
          subject: newId(),
          source: type.publisher,
          data: dataOf(type.example as object),
        } as never),
      ),
    );
  return { examples: bodies((data) => data), about: bodies((data) => ({ ...data, orderId })) };
}

describe('the last changes of a tenant', () => {
  let at = 0;
  const origin = (name: string, source = 'orders-service') => ({ name, source, at });

  test('are what somebody has missed, by where they were', () => {
    const ring = new Ring('here');
    const start = ring.here;
    const ids = ['a', 'b', 'c'].map((name) => ring.add(update(name), origin(name)).id);
    expect(dataOf(ring.after(start))).toHaveLength(3);
    expect(dataOf(ring.after(ids[0] ?? ''))).toMatchObject([{ orderId: 'b' }, { orderId: 'c' }]);
    expect(ring.after(ring.here)).toEqual([]);
    expect(ring.after('here.4.d')).toBeUndefined();
    expect(ring.after('elsewhere.9.d')).toBeUndefined();
    expect(ring.after('elsewhere.0.')).toBeUndefined();
    expect(ring.after('nonsense')).toBeUndefined();
    expect(dataOf(ring.after('elsewhere.9.b'))).toMatchObject([{ orderId: 'c' }]);
  });

  test('are a thousand; who missed more can’t be told', () => {
    const ring = new Ring('here');
    const ids = Array.from({ length: 1_002 }, (_, at) => ring.add(update(`${at}`), origin(`${at}`)).id);
    expect(ring.after(ids[0] ?? '')).toBeUndefined();
    expect(ring.after(ids[1] ?? '')).toHaveLength(1_000);
    expect(ring.after('elsewhere.1.1')).toBeUndefined();
  });

  test('of another service at the same moment may have been heard elsewhere in another order', () => {
    const ring = new Ring('here');
    ring.add(stock('long ago'), origin('x', 'products-service'));
    at += 200;
    ring.add(stock('perhaps'), origin('y', 'products-service'));
    ring.add(update('a'), origin('p', 'products-service'));
    ring.add(update('a'), origin('q'));
    ring.add(update('b'), origin('z'));
    ring.add(update('c'), origin('later'));
    expect(dataOf(ring.after('elsewhere.3.z'))).toMatchObject([
      { productIds: ['perhaps'] },
      { orderId: 'c' },
    ]);
  });
});

describe('a client that is told of much', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());
  const paced = () => {
    const sent: SentEvent[] = [];
    let tooMuch = 0;
    const client = new Paced(
      (event) => sent.push(event),
      () => {
        tooMuch++;
      },
    );
    const ring = new Ring('here');
    const offer = (change: Change) => client.offer(ring.add(change, { name: newId(), source: 'x', at: 0 }));
    return { sent, offer, refetched: () => tooMuch };
  };

  test('hears at most a hundred things in any second, the newest of each, and no product is left out', () => {
    const { sent, offer } = paced();
    const at: number[] = [];
    const began = Date.now();
    for (let round = 0; round < 300; round++) {
      offer(update(`${round % 150}`, new Date(began + round).toISOString()));
      offer(stock(`p${round}`));
    }
    for (let ms = 0; ms < 3_000; ms++) {
      const before = sent.length;
      jest.advanceTimersByTime(1);
      for (let one = before; one < sent.length; one++) at.push(ms);
    }
    for (const [position, time] of at.entries())
      expect((at[position + 100] ?? 10_000) - time).toBeGreaterThan(999);
    const orders = sent
      .filter(({ event }) => event === 'ORDER_UPDATED')
      .map(({ data }) => data as { orderId: string; updatedAt: string });
    const last = new Map(orders.map(({ orderId, updatedAt }) => [orderId, updatedAt]));
    expect(last.size).toBe(150);
    expect([...last.values()]).toEqual(
      expect.arrayContaining(
        Array.from({ length: 150 }, (_, one) => new Date(began + 150 + one).toISOString()),
      ),
    );
    const products = sent.flatMap(({ event, data }) =>
      event === 'STOCK_CHANGED' ? (data as { productIds: string[] }).productIds : [],
    );
    expect(new Set(products).size).toBe(300);
    expect(sent.length).toBeLessThan(200);
  });

  test('is told to fetch anew when it is too much, and hears again', () => {
    const { sent, offer, refetched } = paced();
    for (let one = 0; one < 1_100; one++) offer(update(`${one}`));
    expect(refetched()).toBe(1);
    jest.advanceTimersByTime(2_000);
    offer(update('next'));
    expect(sent.at(-1)?.data).toMatchObject({ orderId: 'next' });
  });
});

describe('a stream', () => {
  test('to a reader that stops reading is closed when it is 64 KiB behind; another one gets all', async () => {
    const stuck = new Writable({ highWaterMark: 16 * 1024, write: () => undefined });
    const reader = new PassThrough();
    let read = 0;
    reader.on('data', (bytes: Buffer) => {
      read += bytes.length;
    });
    const [slow, quick] = [
      new EventStream(() => stuck.writableLength),
      new EventStream(() => reader.writableLength),
    ];
    slow.body.pipe(stuck);
    quick.body.pipe(reader);
    let closed = false;
    slow.onClose(() => {
      closed = true;
    });
    let sent = 0;
    for (; sent < 100 && !closed; sent++) {
      for (const stream of [slow, quick]) stream.send({ event: 'x', data: 'y'.repeat(1_000) });
      await turn();
    }
    expect(closed).toBe(true);
    expect(sent).toBeGreaterThan(60);
    expect(sent).toBeLessThan(70);
    expect(quick.open).toBe(true);
    expect(read).toBeGreaterThan(sent * 1_000);
  });
});

describe('open streams', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const PLACES = { take: async () => ({ keep: () => undefined, leave: () => undefined }) };
  const reply = { raw: { writableLength: 0 }, headers: () => ({ send: () => undefined }) };
  const opened = (
    streams: OpenStreams,
    allowedUntil: () => Promise<number | undefined>,
    accountId = newId(),
  ) =>
    streams.open(
      { caller: { tenantId: 'default', accountId }, allowedUntil, method: 'GET' } as never,
      reply as never,
    );

  test('ask for their caller again when the answer is over, and no sooner; an end is an end, no answer is none', async () => {
    const streams = new OpenStreams(PLACES, pino({ enabled: false }));
    const answers = [Date.now() + 10_000, new Error('the database is out'), undefined];
    let asked = 0;
    const stream = await opened(streams, async () => {
      const answer = answers[asked++];
      if (answer instanceof Error) throw answer;
      return answer;
    });
    stream.body.resume();
    await jest.advanceTimersByTimeAsync(9_900);
    expect(asked).toBe(1);
    await jest.advanceTimersByTimeAsync(900);
    expect([asked, stream.open]).toEqual([2, true]);
    await jest.advanceTimersByTimeAsync(1_000);
    expect([asked, stream.open]).toEqual([3, false]);
  });

  test('beat once in 15 s each; those that were opened at once do so one after the other', async () => {
    const streams = new OpenStreams(PLACES, pino({ enabled: false }));
    const accounts = Array.from({ length: 15 }, newId);
    const beats = new Map<number, number>();
    let second = 0;
    let all = 0;
    for (const accountId of accounts)
      for (let stream = 0; stream < 20; stream += 1)
        (await opened(streams, async () => Number.POSITIVE_INFINITY, accountId)).body.on('data', (text) => {
          if (!String(text).startsWith(':')) return;
          beats.set(second, (beats.get(second) ?? 0) + 1);
          all += 1;
        });
    for (second = 1; second <= 15; second += 1) await jest.advanceTimersByTimeAsync(1_000);
    expect(all).toBe(300);
    expect([...beats.values()]).toEqual(Array(15).fill(20));
    streams.endAll();
  });

  test('are told to come back at moments of their own within five seconds, when the gateway stops', async () => {
    const streams = new OpenStreams(PLACES, pino({ enabled: false }));
    const texts: string[][] = [];
    for (let at = 0; at < 50; at += 1) {
      const { body } = await opened(streams, async () => Number.POSITIVE_INFINITY);
      const said: string[] = [];
      body.on('data', (text) => said.push(String(text)));
      texts.push(said);
    }
    streams.endAll();
    await jest.advanceTimersByTimeAsync(0);
    const back = texts.map((said) => said.map((text) => Number(/^retry: (\d+)\n\n$/.exec(text)?.[1])));
    expect(new Set(back.map(([first]) => first))).toEqual(new Set([1_000]));
    expect(back.map(([, last]) => last).sort((one, other) => Number(one) - Number(other))).toEqual(
      Array.from({ length: 50 }, (_, at) => 1_000 + 100 * at),
    );
    await expect(opened(streams, async () => undefined)).rejects.toThrow(/stops/);
  });
});

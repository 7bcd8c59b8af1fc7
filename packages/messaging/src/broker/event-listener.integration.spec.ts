import { newId, OrderFulfilled, StockChanged } from '@comanda/contracts';
import { until } from '@comanda/kit';
import { anEnvelope, RawBroker, RecordingLogger, rabbitmqctl, rabbitUrl, vhost } from '@comanda/test-kit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Broker } from './broker.js';
import { EventListener, type EventListenerOptions } from './event-listener.js';
import { framed } from './frame.js';

const brokers: Broker[] = [];
let raw: RawBroker;
beforeAll(async () => {
  raw = await RawBroker.open(rabbitUrl());
});
afterAll(() => raw?.close());
afterEach(async () => {
  for (const broker of brokers.splice(0)) await broker.close();
});

const log = new RecordingLogger();
type More = Partial<Pick<EventListenerOptions, 'mostWaiting' | 'wanted' | 'atOnce' | 'types'>>;
async function listen(more: More = {}) {
  const broker = new Broker(rabbitUrl(), 'test', log);
  brokers.push(broker);
  const heard: string[] = [];
  const counts = { interruptions: 0 };
  const listener = new EventListener({
    broker,
    service: 'api-gateway',
    types: [StockChanged],
    heard: ({ id }) => heard.push(id),
    interrupted: () => {
      counts.interruptions++;
    },
    wanted: () => true,
    ...more,
  });
  await listener.ready();
  return { listener, heard, counts, broker };
}

const event = (more: object = {}) =>
  anEnvelope(StockChanged, {
    subject: newId(),
    source: 'products-service',
    data: StockChanged.example,
    ...more,
  });
const sent = (one: { id: string; type: string }) => ({ ...one, body: Buffer.from(JSON.stringify(one)) });
const queues = async () =>
  (await rabbitmqctl('list_queues', '-p', vhost(), '--silent', 'name'))
    .split('\n')
    .filter((name) => name.startsWith('api-gateway.live.'));

describe('a listener', () => {
  test('hears single events and frames, of its types alone; what it can’t read it leaves', async () => {
    const { heard, counts } = await listen();
    expect(counts.interruptions).toBe(1);
    const events = Array.from({ length: 4 }, () => event());
    const [first, ...others] = events;
    if (!first) throw new Error('there is none');
    const frame = framed(
      others.map((one) => ({ messageId: one.id, type: one.type, body: JSON.stringify(one) })) as never,
      newId,
    );
    await raw.publish([
      { id: newId(), type: StockChanged.type, body: Buffer.from('nonsense') },
      sent({ ...event({ data: { nothing: 'that fits' } }) }),
      sent(anEnvelope(OrderFulfilled, { subject: newId(), data: OrderFulfilled.example })),
      sent(first),
      { id: frame.messageId, type: StockChanged.type, body: frame.body },
    ]);
    await until('they are heard', () => heard.length >= 4);
    expect(heard).toEqual(events.map(({ id }) => id));
    expect(log.said('an event was not heard')).toHaveLength(2);
  });

  test('that was overrun, or lost the broker, says that it may have missed something', async () => {
    const { heard, counts } = await listen({ mostWaiting: 3 });
    await raw.publish(Array.from({ length: 2_000 }, () => sent(event())));
    await until('it was overrun', () => counts.interruptions > 1);
    expect(heard.length).toBeLessThan(2_000);
    const before = counts.interruptions;
    await rabbitmqctl('close_all_connections', '-p', vhost(), 'as a test');
    await until('it listens again', () => counts.interruptions > before, { timeoutMs: 15_000 });
    raw = await RawBroker.open(rabbitUrl());
    const last = event();
    await raw.publish([sent(last)]);
    await until('it hears again', () => heard.includes(last.id));
  });

  test('reads what nobody wanted when somebody does; the oldest of too much is left out, and that is said', async () => {
    let wanted = true;
    const came: string[] = [];
    const { listener, heard, counts } = await listen({
      wanted: () => wanted,
      atOnce: { wanted: () => true, seen: ({ id }) => came.push(id) },
    });
    const follows = async (last: { id: string }) => {
      wanted = true;
      await raw.publish([sent(last as never)]);
      await until('the last one is heard', () => heard.includes(last.id));
    };
    wanted = false;
    const events = Array.from({ length: 3 }, () => event());
    await raw.publish(events.map(sent));
    await follows(events[2] ?? event());
    expect([...new Set(heard)]).toEqual(events.map(({ id }) => id));
    expect(counts.interruptions).toBe(1);

    wanted = false;
    const large = Array.from({ length: 10 }, () =>
      event({ data: { ...StockChanged.example, reason: 'x'.repeat(300_000) } }),
    );
    await raw.publish(large.map(sent));
    await until('all of them lie there', () => large.every(({ id }) => came.includes(id)));
    heard.length = 0;
    await follows(event());
    expect(counts.interruptions).toBe(2);
    expect(heard.length).toBeLessThan(large.length);
    expect(heard.slice(0, -1)).toEqual(large.slice(1 - heard.length).map(({ id }) => id));
    listener.read();
    expect(counts.interruptions).toBe(2);
  });

  test('hears some types as they come, and all of them in their order when somebody wants to hear', async () => {
    let wanted = false;
    const changed: string[] = [];
    const { listener, heard } = await listen({
      types: [StockChanged, OrderFulfilled],
      wanted: () => wanted,
      atOnce: { wanted: (type) => type === StockChanged.type, seen: ({ id }) => changed.push(id) },
    });
    const order = () => anEnvelope(OrderFulfilled, { subject: newId(), data: OrderFulfilled.example });
    const events = [order(), event(), order(), event()];
    const changes = [events[1]?.id, events[3]?.id];
    await raw.publish(events.map((one) => sent(one)));
    await until('the changes are heard', () => changed.length === 2);
    expect([changed, heard]).toEqual([changes, []]);
    wanted = true;
    listener.read();
    expect([changed, heard]).toEqual([changes, events.map(({ id }) => id)]);
  });

  test('has queues of its own, which go with it', async () => {
    const { broker } = await listen();
    expect(await queues()).toHaveLength(2);
    await broker.close();
    expect(await queues()).toEqual([]);
  });
});

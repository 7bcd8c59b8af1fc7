import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { accept, defineCommand, defineQuery, newId, refuse } from '@comanda/contracts';
import { until } from '@comanda/kit';
import { RecordingLogger, rabbitmqctl, rabbitUrl, vhost } from '@comanda/test-kit';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import type { Instance } from '../testing/instance.js';
import { Add, counted, DEAD_LETTERS, HowMany, many, QUEUE, SERVICE } from '../testing/ledger.js';
import { useStage } from '../testing/stage.js';
import { Broker } from './broker.js';
import { Requester } from './requester.js';
import type { QueryHandler } from './responder.js';

let broker: Broker;
afterEach(() => broker.close());
const stage = useStage();
let requester: Requester;
let asked: string[];
/** Which instance was asked. */
let askedOf: string[];
beforeEach(async () => {
  broker = new Broker(rabbitUrl(), 'test', new RecordingLogger());
  requester = new Requester('api-gateway', broker);
  asked = [];
  askedOf = [];
  await requester.ready();
});

const context = { tenantId: 'default', correlationId: 'test' };
const within = (timeoutMs: number) => ({ ...context, subject: 'a', timeoutMs });

/** The service, which counts its own effects when it is asked. */
async function startService(name = 'the only one'): Promise<Instance> {
  let instance: Instance | undefined;
  const howMany: QueryHandler = {
    query: HowMany,
    async answer({ data }) {
      const { counter, behaviour } = HowMany.data.parse(data);
      asked.push(counter);
      askedOf.push(name);
      if (behaviour === 'refuse') return refuse(404, 'NOT_FOUND', 'There is none.');
      if (behaviour === 'throw') throw new Error('the query is broken');
      if (behaviour === 'outage') throw Object.assign(new Error('disk full'), { code: 'SQLITE_FULL' });
      if (behaviour === 'hang') await new Promise(() => {});
      return accept({
        count: counter === 'all' ? await instance?.rows('effects') : await instance?.count(counter),
      });
    },
  };
  instance = await stage.start({ queries: [howMany] });
  return instance;
}

/** What deadlines are on: no test looks how long something took. */
const nowOnItsClock = (): number => Date.now() - performance.timeOrigin;

const ask = (
  counter: string,
  behaviour: z.input<typeof HowMany.data>['behaviour'] = 'answer',
  timeoutMs = 60_000,
) => requester.ask(HowMany, { counter, behaviour }, within(timeoutMs));

describe('a query', () => {
  test('is answered from what is committed', async () => {
    const instance = await startService();
    await stage.raw.publish([counted({ counter: 'a' })]);
    await until('it is counted', async () => (await instance.count('a')) === 1);
    expect(await ask('a')).toEqual({ ok: true, result: { count: 1 } });
  });

  test('may be refused, with status, code and detail', async () => {
    await startService();
    const refusal = { status: 404, code: 'NOT_FOUND', detail: 'There is none.' };
    expect(await ask('a', 'refuse')).toEqual({ ok: false, refusal });
  });

  test('that fails is refused with 500, and the next is answered', async () => {
    const instance = await startService();
    expect(await ask('a', 'throw')).toMatchObject({
      ok: false,
      refusal: { status: 500, code: 'QUERY_FAILED' },
    });
    expect(instance.log.said('query failed')).toHaveLength(1);
    expect(await ask('a')).toEqual({ ok: true, result: { count: 0 } });
  });

  test('is refused with 503 while the database of the service is unavailable', async () => {
    await startService();
    expect(await ask('a', 'outage')).toMatchObject({
      ok: false,
      refusal: { status: 503, code: 'STORAGE_UNAVAILABLE' },
    });
    expect(await ask('a')).toEqual({ ok: true, result: { count: 0 } });
  });

  test('that the service does not know, or whose data do not fit, is refused', async () => {
    await startService();
    const unknown = defineQuery('test.nobodys', {
      to: SERVICE,
      summary: '',
      data: z.object({}),
      result: z.object({}),
    });
    expect(await requester.ask(unknown, {}, within(60_000))).toMatchObject({
      refusal: { status: 503, code: 'UNKNOWN_QUERY' },
    });
    const loose = defineQuery(HowMany.type, {
      to: SERVICE,
      summary: '',
      data: z.object({ counter: z.number() }),
      result: z.unknown(),
    });
    expect(await requester.ask(loose, { counter: 5 }, within(60_000))).toMatchObject({
      refusal: { status: 400, code: 'INVALID_QUERY', detail: expect.stringContaining('counter: ') },
    });
    expect(asked).toEqual([]);
    await expect(requester.ask(HowMany, { counter: 5 } as never, within(60_000))).rejects.toThrow(
      'must be a string',
    );
  });

  test('is put to the instances in turn; when one stops, each question is still answered once', async () => {
    const first = await startService('first');
    await startService('second');
    await until('both are known', async () => {
      await ask('known');
      return new Set(askedOf).size === 2;
    });
    const before = asked.length;
    for (let at = 0; at < 4; at += 1) expect(await ask('a')).toMatchObject({ ok: true });
    expect(askedOf.slice(before).filter((name) => name === 'first')).toHaveLength(2);
    const stopped = first.stop();
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask('b')));
    await stopped;
    expect(answers.filter(({ ok }) => ok)).toHaveLength(20);
    for (let at = 0; at < 3; at += 1) await ask('b');
    expect(askedOf.slice(-3)).toEqual(['second', 'second', 'second']);
    expect(asked.filter((counter) => counter === 'b')).toHaveLength(23);
  });

  test('to a service that is down fails at once, also when it was up before', async () => {
    const instance = await startService();
    expect(await ask('a')).toMatchObject({ ok: true });
    await instance.stop();
    await expect(ask('a', 'answer', 30_000)).rejects.toMatchObject({
      name: 'Unavailable',
      reason: 'service',
    });
  });

  test('that is not answered in time is given up', async () => {
    await startService();
    await expect(ask('a', 'hang', 300)).rejects.toMatchObject({ name: 'Unavailable', reason: 'timeout' });
  });

  test('is given up when the connection to the broker is lost, and while there is none', async () => {
    await startService();
    const waiting = expect(ask('a', 'hang', 30_000)).rejects.toMatchObject({
      name: 'Unavailable',
      reason: 'broker',
    });
    await until('it is asked', () => asked.length === 1);
    await rabbitmqctl('close_all_connections', '-p', vhost(), 'as a test');
    await waiting;
    await expect(ask('a')).rejects.toMatchObject({ name: 'Unavailable', reason: 'broker' });
    await expect(
      requester.send(Add, { counter: 'a', refuse: false }, { ...context, subject: 'a' }),
    ).rejects.toMatchObject({
      reason: 'broker',
    });
    await requester.ready();
    await until('the service is back', () =>
      ask('a').then(
        () => true,
        () => false,
      ),
    );
  });

  test('does not wait behind 5,000 events', async () => {
    await (await startService()).stop();
    await stage.raw.publish(many(5_000, () => counted({ counter: 'b', mode: 'quiet' })));
    const instance = await startService();
    const answer = await ask('all', 'answer', 20_000);
    expect(answer).toEqual({ ok: true, result: { count: expect.any(Number) } });
    expect(answer.ok && answer.result.count).toBeLessThan(5_000);
    await until('the events are handled, too', async () => (await instance.rows('effects')) === 5_000);
  });
});

describe('a command', () => {
  const add = (counter: string, timeoutMs = 60_000, data = {}) =>
    requester.ask(Add, { counter, refuse: false, ...data }, within(timeoutMs));

  test('is carried out once and answered', async () => {
    const instance = await startService();
    expect(await add('a')).toEqual({ ok: true, result: { count: 1 } });
    expect(await add('a')).toEqual({ ok: true, result: { count: 2 } });
    expect(await instance.rows('effects')).toBe(2);
    expect(await instance.rows('inbox')).toBe(2);
  });

  test('may be refused; one that cannot be handled is answered, too', async () => {
    const instance = await startService();
    expect(await add('a', 60_000, { refuse: true })).toMatchObject({
      ok: false,
      refusal: { status: 409, code: 'NO_MORE' },
    });
    const misfit = defineCommand(Add.type, {
      to: SERVICE,
      summary: '',
      data: z.object({}),
      result: z.unknown(),
    });
    expect(await requester.ask(misfit, {}, within(60_000))).toMatchObject({
      refusal: { status: 500, code: 'NOT_HANDLED' },
    });
    await until('it is a dead letter', async () => (await stage.raw.ready(DEAD_LETTERS)) === 1);
    expect(await instance.rows('effects')).toBe(0);
  });

  test('whose caller no longer waits is not carried out', async () => {
    await (await startService()).stop();
    await expect(add('a', 200)).rejects.toMatchObject({ name: 'Unavailable', reason: 'timeout' });
    expect(await stage.raw.ready(QUEUE)).toBe(1);
    const instance = await startService();
    await until(
      'it is known to be late',
      () => instance.log.said('nobody waits for this command').length === 1,
    );
    expect(await add('b')).toEqual({ ok: true, result: { count: 1 } });
    await instance.stop();
    expect(await instance.count('a')).toBe(0);
    expect(await stage.raw.ready(QUEUE)).toBe(0);
    expect(await stage.raw.ready(DEAD_LETTERS)).toBe(0);
  });

  test('that is to be carried out in any case is answered like another one, or refused', async () => {
    await startService();
    const carryOut = (refuse: boolean) => requester.carryOut(Add, { counter: 'a', refuse }, within(60_000));
    expect(await carryOut(false)).toEqual({ ok: true, result: { count: 1 } });
    expect(await carryOut(true)).toMatchObject({ ok: false, refusal: { status: 409, code: 'NO_MORE' } });
  });

  test('that is to be carried out in any case is, when the service was away; its caller knows only that', async () => {
    await (await startService()).stop();
    const carryOut = (timeoutMs: number) =>
      requester.carryOut(Add, { counter: 'a', refuse: false }, within(timeoutMs));
    expect(await carryOut(300)).toBeUndefined();
    const waiting = carryOut(60_000);
    await until('both are with the broker', async () => (await stage.raw.ready(QUEUE)) === 2);
    await rabbitmqctl('close_all_connections', '-p', vhost(), 'as a test');
    expect(await waiting).toBeUndefined();
    const instance = await startService();
    await until('they are carried out', async () => (await instance.count('a')) === 2);
    await instance.stop();
    expect(await instance.rows('effects')).toBe(2);
    await requester.ready();
  });

  test('whose deadline is over is not sent, and its answer is waited for until then at most', async () => {
    await (await startService()).stop();
    const about = { ...within(60_000), subject: 'a' };
    const over = { ...about, deadline: 0 };
    const data = { counter: 'a', refuse: false };
    for (const late of [
      requester.ask(Add, data, over),
      requester.carryOut(Add, data, over),
      requester.send(Add, data, over),
    ])
      await expect(late).rejects.toMatchObject({ name: 'Unavailable', reason: 'timeout' });
    expect(await stage.raw.ready(QUEUE)).toBe(0);
    const soon = { ...about, deadline: nowOnItsClock() + 300 };
    await expect(requester.ask(Add, data, soon)).rejects.toMatchObject({ reason: 'timeout' });
  });

  test('that the broker, which hangs, does not confirm in time is told as that; it may be there all the same', async () => {
    await (await startService()).stop();
    const { hostname, port, username, password, pathname } = new URL(rabbitUrl());
    const clients: Socket[] = [];
    const upstream = new Map<Socket, Socket>();
    const proxy = createServer((client) => {
      const server = connect(Number(port), hostname);
      for (const socket of [client, server]) socket.on('error', () => undefined); // they end with the test
      clients.push(client);
      upstream.set(client, server);
      client.pipe(server).pipe(client);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const url = `amqp://${username}:${password}@127.0.0.1:${(proxy.address() as AddressInfo).port}${pathname}`;
    const hanging = new Broker(url, 'test', new RecordingLogger());
    try {
      const through = new Requester('api-gateway', hanging);
      await through.ready();
      for (const client of clients) client.unpipe();
      const data = { counter: 'a', refuse: false };
      const soon = () => ({ ...within(60_000), deadline: nowOnItsClock() + 300 });
      await expect(through.send(Add, data, soon())).rejects.toMatchObject({ reason: 'broker' });
      await expect(through.carryOut(Add, data, soon())).rejects.toMatchObject({ reason: 'timeout' });
      expect(await stage.raw.ready(QUEUE)).toBe(0);
      for (const client of clients) client.pipe(upstream.get(client) ?? client);
      await until('both have come through', async () => (await stage.raw.ready(QUEUE)) === 2);
    } finally {
      await hanging.close();
      for (const client of clients) client.destroy();
      proxy.close();
    }
  });

  test('that is sent without waiting is safe with the broker, and carried out when the service starts', async () => {
    await (await startService()).stop();
    await requester.send(Add, { counter: 'a', refuse: false }, { ...context, subject: newId() });
    expect(await stage.raw.ready(QUEUE)).toBe(1);
    const instance = await startService();
    await until('it is carried out', async () => (await instance.count('a')) === 1);
    expect(await instance.rows('effects')).toBe(1);
  });

  test('that is sent in the same turn as others goes with them in frames of at most a hundred, each confirmed', async () => {
    await (await startService()).stop();
    const send = () => requester.send(Add, { counter: 'a', refuse: false }, { ...context, subject: newId() });
    await send();
    await Promise.all(Array.from({ length: 120 }, send));
    await Promise.all(Array.from({ length: 2 }, send));
    // The one alone, a hundred, twenty, two.
    expect(await stage.raw.ready(QUEUE)).toBe(4);
    const [alone, ...frames] = await stage.raw.drain(QUEUE);
    expect(alone?.properties).toMatchObject({ contentType: 'application/cloudevents+json', type: Add.type });
    expect(JSON.parse(String(alone?.content))).toMatchObject({ id: alone?.properties.messageId });
    expect(
      frames.map(({ properties: { contentType, type, headers }, content }) => [
        contentType,
        type,
        headers?.events,
        JSON.parse(content.toString()).length,
      ]),
    ).toEqual([100, 20, 2].map((events) => ['application/cloudevents-batch+json', Add.type, events, events]));
    const ids = frames.flatMap(({ content }) => JSON.parse(content.toString())).map(({ id }) => id);
    expect(new Set([...ids, ...frames.map(({ properties }) => properties.messageId)]).size).toBe(122 + 3);

    for (const { content, properties } of frames) await stage.raw.send(QUEUE, content, properties);
    const instance = await startService();
    await until('each is carried out', async () => (await instance.count('a')) === 122);
  });

  test('that is refused in a frame is refused to each of its senders, and to nobody else', async () => {
    await (await startService()).stop();
    const Unheard = defineCommand('test.unheard', {
      to: SERVICE,
      summary: 'No queue is bound to it.',
      data: z.object({}),
      result: z.object({}),
    });
    const about = { ...context, subject: newId() };
    const results = await Promise.allSettled([
      requester.send(Unheard, {}, about),
      requester.send(Add, { counter: 'a', refuse: false }, about),
      requester.send(Unheard, {}, about),
      requester.send(Unheard, {}, about),
    ]);
    const refused = {
      status: 'rejected',
      reason: expect.objectContaining({
        name: 'Unavailable',
        reason: 'broker',
        message: expect.stringContaining('no queue is bound for test.unheard'),
      }),
    };
    expect(results).toEqual([refused, { status: 'fulfilled', value: undefined }, refused, refused]);
    expect(await stage.raw.ready(QUEUE)).toBe(1);
  });
});

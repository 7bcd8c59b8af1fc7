import { newId } from '@comanda/contracts';
import { until } from '@comanda/kit';
import { Child, rabbitUrl } from '@comanda/test-kit';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { connect } from 'amqplib';
import { Unavailable } from '../broker/unavailable.js';
import { HEADERS } from '../runtime/failure.js';
import { Desk } from '../testing/dead-letter-desk.js';
import { Counted, counted, DEAD_LETTERS, many, POISON, QUEUE, SERVICE } from '../testing/ledger.js';
import { useStage } from '../testing/stage.js';

const stage = useStage();
let desk: Desk;
const desks: Desk[] = [];
const openDesk = async (...options: Parameters<typeof Desk.open>) => {
  const opened = await Desk.open(...options);
  desks.push(opened);
  return opened;
};
beforeEach(async () => {
  desk = await openDesk();
});
afterEach(async () => {
  for (const one of desks.splice(0)) await one.broker.close();
});

const waiting = (count: number) => async () => (await stage.raw.ready(DEAD_LETTERS)) === count;
const all = (limit = 100) => desk.letters.list({}, { limit });
const minute = (at: number) => new Date(Date.UTC(2026, 0, 1, 0, at)).toISOString();

/** A letter as failure.ts writes it, put there by hand. */
function put(at: string, message = counted({ counter: 'a' }), headers: Record<string, unknown> = {}) {
  const attempts = JSON.stringify([{ at, error: 'Error: broken' }]);
  return stage.raw.send(DEAD_LETTERS, message.body, {
    messageId: message.id,
    type: message.type,
    headers: { [HEADERS.cause]: 'Error: broken', [HEADERS.attempts]: attempts, ...headers },
  });
}

describe('a letter', () => {
  test('tells what failed, why, where, when and for whom, and shows the message as it came', async () => {
    const instance = await stage.start();
    const poison = counted({ counter: 'a', mode: 'throw' }, { correlationid: 'order-77', tenantid: 'north' });
    await stage.raw.publish([poison]);
    await until('it is a dead letter', waiting(1));
    await instance.stop();

    const [letter, ...others] = await all();
    expect(others).toEqual([]);
    expect(letter).toEqual({
      messageId: poison.id,
      queue: QUEUE,
      type: Counted.type,
      service: SERVICE,
      handler: 'count what happens',
      cause: `Error: ${POISON}`,
      stack: expect.stringContaining('ledger.ts'),
      attempts: [{ at: letter?.diedAt, error: `Error: ${POISON}` }],
      diedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      correlationId: 'order-77',
      tenantId: 'north',
      source: 'orders-service',
      size: poison.body.length,
      replayable: true,
      copies: 1,
      body: JSON.parse(poison.body.toString()),
    });
    expect(await desk.letters.find({ messageId: poison.id })).toEqual(letter);
    expect(await desk.letters.find({ messageId: newId() })).toEqual({ kind: 'none' });
    const [kept] = await stage.raw.drain(DEAD_LETTERS);
    expect(kept?.content.equals(poison.body)).toBe(true);
  });

  test('that the broker took away by itself tells it from the notes of the broker', async () => {
    const idle = await stage.start();
    await idle.stop();
    const killer = counted({ counter: 'a' });
    await stage.raw.publish([killer]);
    await stage.raw.wearOut(QUEUE);
    await until('it is a dead letter', waiting(1));

    const [letter] = await all();
    expect(letter).toMatchObject({
      messageId: killer.id,
      queue: QUEUE,
      service: SERVICE,
      cause: expect.stringMatching(/^BrokerDeadLetter: delivery_limit: .*never settled/),
      replayable: true,
    });
    expect(letter?.attempts).toEqual([{ at: letter?.diedAt, error: letter?.cause }]);
    expect(Math.abs(Date.now() - Date.parse(letter?.diedAt ?? ''))).toBeLessThan(3_600_000);
  });

  test.each<[string, Buffer, Record<string, unknown>]>([
    ['no headers', Buffer.from('{}'), {}],
    ['no body', Buffer.alloc(0), { [HEADERS.attempts]: 'not JSON', [HEADERS.cause]: 7 }],
    ['bytes', Buffer.from([0xff, 0xfe, 0]), { [HEADERS.attempts]: '{"at":1}', 'x-death': 'none' }],
    ['null', Buffer.from('null'), { 'x-death': [{ queue: QUEUE, reason: 'x' }, 5], [HEADERS.stack]: false }],
    ['a list', Buffer.from('[1]'), { [HEADERS.attempts]: '[{"at":"now","error":"x"}]' }],
    ['wrong types', Buffer.from('{"tenantid":"../x","type":1,"correlationid":{}}'), { [HEADERS.service]: 1 }],
  ])(
    'of a stranger is shown as far as it can be read, for the default tenant: %s',
    async (_, body, headers) => {
      await stage.raw.send(DEAD_LETTERS, body, { headers });
      const [letter] = await all();
      expect(letter).toMatchObject({
        messageId: expect.stringMatching(/^unnamed-[0-9a-f]{32}$/),
        queue: QUEUE,
        service: SERVICE,
        tenantId: 'default',
        cause: 'unknown: neither a service nor the broker says',
        size: body.length,
        replayable: false,
        obstacle: expect.stringContaining('When it died is not known'),
      });
      expect(letter).not.toHaveProperty('type');
      expect(letter).not.toHaveProperty('diedAt');
      const shown = 'body' in (letter ?? {}) ? JSON.stringify(letter?.body) : letter?.bodyBase64;
      expect([body.toString(), body.toString('base64')]).toContain(shown);
      expect(await desk.letters.find({ messageId: letter?.messageId ?? '' })).toEqual(letter);
    },
  );

  test('with a long body is listed without it, and shown with it', async () => {
    const long = counted({ counter: 'x'.repeat(20_000) });
    await put(minute(1), long);
    const [listed] = await all();
    expect(listed).not.toHaveProperty('body');
    expect(listed?.size).toBe(long.body.length);
    const found = await desk.letters.find({ messageId: long.id });
    expect(found).toMatchObject({ ...listed, body: JSON.parse(long.body.toString()) });
  });
});

describe('the list', () => {
  test('is the newest first, page by page; what arrives meanwhile neither repeats nor hides another', async () => {
    const messages = many(25, () => counted({ counter: 'a' }));
    const shuffled = messages.map((_, at) => (at * 7) % 25);
    for (const at of shuffled) await put(minute(at), messages[at]);
    const seen: string[] = [];
    let after: ReturnType<typeof desk.letters.positionOf> | undefined;
    for (let page = 0; page < 3; page++) {
      const letters = await desk.letters.list({}, { limit: 10, ...(after && { after }) });
      seen.push(...letters.map(({ messageId }) => messageId));
      const last = letters.at(-1);
      after = last && desk.letters.positionOf(last);
      await put(minute(100 + page));
    }
    expect(seen).toEqual(messages.map(({ id }) => id).reverse());
    expect(await all()).toHaveLength(28);
  });

  test('is of one queue, type or tenant when that is wanted', async () => {
    const [north, other, plain] = [
      counted({ counter: 'a' }, { tenantid: 'north' }),
      counted({ counter: 'a' }, { type: 'test.other' }),
      counted({ counter: 'a' }),
    ];
    for (const [at, message] of [north, other, plain].entries()) await put(minute(at), message);
    const ids = async (wanted: object) =>
      (await desk.letters.list(wanted, { limit: 9 })).map(({ messageId }) => messageId);
    expect(await ids({ tenantId: 'north' })).toEqual([north.id]);
    expect(await ids({ tenantId: 'default' })).toEqual([plain.id, other.id]);
    expect(await ids({ type: 'test.other' })).toEqual([other.id]);
    expect(await ids({ queue: QUEUE })).toHaveLength(3);
    expect(await ids({ queue: 'orders_queue' })).toEqual([]);
  });

  test('counts copies that died together as one', async () => {
    const twice = counted({ counter: 'a' });
    for (const at of [1, 1, 2]) await put(minute(at), twice);
    expect((await all()).map(({ copies }) => copies)).toEqual([1, 2]);
    expect(await desk.letters.find({ messageId: twice.id })).toMatchObject({ copies: 3, diedAt: minute(2) });
  });

  test('finds an event that is dead in two queues, and says where', async () => {
    const event = counted({ counter: 'a' });
    await put(minute(1), event);
    const options = { messageId: event.id, type: event.type };
    await stage.raw.send('orders_queue.dlq', event.body, options);
    try {
      expect(await desk.letters.find({ messageId: event.id })).toEqual({
        kind: 'several',
        queues: expect.arrayContaining([QUEUE, 'orders_queue']),
      });
      expect(await desk.letters.find({ messageId: event.id, queue: QUEUE })).toMatchObject({ queue: QUEUE });
    } finally {
      await stage.raw.drain('orders_queue.dlq');
    }
  });

  test('of 10,000 letters is whole, and leaves them all as they were', async () => {
    const messages = many(10_000, (at) => counted({ counter: `c${at}` }));
    const connection = await connect(rabbitUrl());
    const channel = await connection.createConfirmChannel();
    for (const [at, { id, type, body }] of messages.entries())
      channel.sendToQueue(DEAD_LETTERS, body, {
        messageId: id,
        type,
        persistent: true,
        headers: {
          [HEADERS.cause]: 'Error: broken',
          [HEADERS.attempts]: JSON.stringify([{ at: minute(at), error: 'Error: broken' }]),
        },
      });
    await channel.waitForConfirms();
    await connection.close();

    const seen: string[] = [];
    for (let after: ReturnType<typeof desk.letters.positionOf> | undefined; ; ) {
      const page = await desk.letters.list({}, { limit: 5_000, ...(after && { after }) });
      const last = page.at(-1);
      if (!last) break;
      seen.push(...page.map(({ messageId }) => messageId));
      after = desk.letters.positionOf(last);
    }
    expect(seen).toEqual(messages.map(({ id }) => id).reverse());
    expect(await desk.letters.find({ messageId: messages[5_000]?.id ?? '' })).toMatchObject({ copies: 1 });
    // A look has ended when the next one would see everything again.
    for (let look = 0; look < 5; look++) {
      await desk.letters.list({ queue: QUEUE }, { limit: 1 });
      expect(await stage.raw.ready(DEAD_LETTERS)).toBe(10_000);
    }
    await stage.raw.delete(DEAD_LETTERS); // draining it would take longer than the test
  }, 240_000);
});

describe('those who look', () => {
  test('take turns: none hides a letter from another, wherever they run', async () => {
    for (let at = 0; at < 50; at++) await put(minute(at));
    const others = [desk, await openDesk(), await openDesk()];
    const looks = await Promise.all(
      others.flatMap(({ letters }) => Array.from({ length: 4 }, () => letters.list({}, { limit: 100 }))),
    );
    expect(looks.map((letters) => letters.length)).toEqual(Array(12).fill(50));
    expect(await stage.raw.ready(DEAD_LETTERS)).toBe(50);
  });

  test('give up after a while when somebody keeps the turn for themselves', async () => {
    const connection = await connect(rabbitUrl());
    const channel = await connection.createChannel();
    const turn = `${DEAD_LETTERS}.turn`;
    await channel.assertQueue(turn, { durable: true, autoDelete: true });
    await channel.consume(turn, () => undefined, { exclusive: true });
    try {
      const refused = await all().catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(Unavailable);
      expect((refused as Unavailable).reason).toBe('timeout');
    } finally {
      await connection.close();
    }
    expect(await all()).toEqual([]);
  });

  test('and are killed in the middle leave everything to the next', async () => {
    for (let at = 0; at < 5; at++) await put(minute(at));
    const holder = new Child(new URL('../testing/letter-holder.ts', import.meta.url), {
      rabbitUrl: rabbitUrl(),
      queue: DEAD_LETTERS,
      letters: 5,
    });
    await holder.ready();
    expect(await stage.raw.ready(DEAD_LETTERS)).toBe(0);
    const next = all();
    await holder.end('SIGKILL');
    await next;
    await until('all are to be seen', async () => (await all()).length === 5);
  });

  test('are told so while the broker is away', async () => {
    const away = new Desk();
    desks.push(away);
    await away.broker.close();
    await expect(away.letters.list({}, { limit: 1 })).rejects.toBeInstanceOf(Unavailable);
  });

  test('wear a letter down, and write it anew long before the broker would drop it', async () => {
    const eager = await openDesk({ renewAfterLooks: 3 });
    const letter = counted({ counter: 'a' });
    await put(minute(1), letter);
    const [before] = await all();
    for (let look = 0; look < 10; look++) await eager.letters.list({}, { limit: 1 });
    expect(await all()).toEqual([before]);
    const [kept, ...others] = await stage.raw.drain(DEAD_LETTERS);
    expect(others).toEqual([]);
    expect(Number(kept?.properties.headers?.['x-delivery-count'] ?? 0)).toBeLessThan(6);
    expect(kept?.content.equals(letter.body)).toBe(true);
  });
});

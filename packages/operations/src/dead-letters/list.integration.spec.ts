import { DEFAULT_TENANT, newId } from '@comanda/contracts';
import { until } from '@comanda/kit';
import { HEADERS } from '@comanda/messaging';
import { statement } from '@comanda/storage';
import { openTestDatabase } from '@comanda/test-kit';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Counted, counted, DEAD_LETTERS, type Instance, POISON, QUEUE, SERVICE } from '../testing/service.js';
import { minute, Stage } from '../testing/stage.js';
import { OPERATIONS_MIGRATIONS } from './migration.js';
import { positionOf } from './position.js';

let stage: Stage;
let instance: Instance;
beforeEach(async () => {
  stage = await Stage.open();
  instance = await stage.start();
});
afterEach(() => stage.close());

const dead = (count: number) => until(`${count} are dead`, async () => (await instance.dead()) === count);

describe('a dead letter', () => {
  test('shows what failed, why, where, when and for which tenant, and the message as it came', async () => {
    const poison = counted({ counter: 'a', mode: 'throw' }, { correlationid: 'order-77', tenantid: 'north' });
    await stage.raw.publish([poison]);
    await dead(1);
    const [deadLetter, ...others] = await stage.list();
    expect(others).toEqual([]);
    expect(deadLetter).toEqual({
      messageId: poison.id,
      queue: QUEUE,
      type: Counted.type,
      service: SERVICE,
      handler: 'count what happens',
      cause: `Error: ${POISON}`,
      stack: expect.stringContaining('service.ts'),
      attempts: [{ at: deadLetter?.diedAt, error: `Error: ${POISON}` }],
      diedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      correlationId: 'order-77',
      tenantId: 'north',
      source: 'orders-service',
      size: poison.body.length,
      replayable: true,
      copies: 1,
      body: JSON.parse(poison.body.toString()),
    });
    expect(await stage.find(poison.id)).toEqual(deadLetter);
    expect(await stage.find(newId())).toEqual({ kind: 'none' });
    expect(await stage.raw.ready(DEAD_LETTERS)).toBe(0);
  });

  test('that the broker dead-lettered by itself shows the cause that the broker recorded', async () => {
    await instance.stop();
    const killer = counted({ counter: 'a' });
    await stage.raw.publish([killer]);
    await stage.raw.wearOut(QUEUE);
    instance = await stage.start();
    await dead(1);
    const [deadLetter] = await stage.list();
    expect(deadLetter).toMatchObject({
      messageId: killer.id,
      queue: QUEUE,
      service: SERVICE,
      cause: expect.stringMatching(/^BrokerDeadLetter: delivery_limit: .*never settled/),
      replayable: true,
    });
    expect(deadLetter?.attempts).toEqual([{ at: deadLetter?.diedAt, error: deadLetter?.cause }]);
    expect(Math.abs(Date.now() - Date.parse(deadLetter?.diedAt ?? ''))).toBeLessThan(3_600_000);
  });

  test('that the broker dead-lettered in a frame is one for each event, of its own tenant, with its own bytes', async () => {
    await instance.stop();
    const [first, second] = [counted({ counter: 'a' }), counted({ counter: 'b' }, { tenantid: 'anna' })];
    const frame = Buffer.concat([
      Buffer.from('['),
      first.body,
      Buffer.from(', '),
      second.body,
      Buffer.from(']'),
    ]);
    await stage.raw.publish([{ id: newId(), type: first.type, body: frame }]);
    await stage.raw.wearOut(QUEUE);
    instance = await stage.start();
    await dead(2);
    const deadLetters = await stage.list({ everyTenant: true });
    expect(deadLetters.map(({ messageId, tenantId }) => [messageId, tenantId]).sort()).toEqual(
      [
        [first.id, DEFAULT_TENANT],
        [second.id, 'anna'],
      ].sort(),
    );
    for (const deadLetter of deadLetters)
      expect(deadLetter).toMatchObject({
        cause: expect.stringContaining('delivery_limit'),
        replayable: true,
      });
    // Each goes back alone, and takes effect.
    await stage.replay(first.id, { by: 'ana', dryRun: false });
    await until('it is handled', async () => (await instance.rows('inbox')) === 1);
    expect((await stage.list({ everyTenant: true })).map(({ messageId }) => messageId)).toEqual([second.id]);
  });

  test.each<[string, Buffer, Record<string, unknown>]>([
    ['no headers', Buffer.from('{}'), {}],
    ['no body', Buffer.alloc(0), { [HEADERS.attempts]: 'not JSON', [HEADERS.cause]: 7 }],
    ['bytes', Buffer.from([0xff, 0xfe, 0]), { [HEADERS.attempts]: '{"at":1}', 'x-death': 'none' }],
    ['null', Buffer.from('null'), { 'x-death': [{ queue: QUEUE, reason: 'x' }, 5], [HEADERS.stack]: false }],
    ['an empty list', Buffer.from('[]'), { [HEADERS.attempts]: '[{"at":"now","error":"x"}]' }],
    ['wrong types', Buffer.from('{"tenantid":"../x","type":1,"correlationid":{}}'), { [HEADERS.service]: 1 }],
    [
      'characters that a database refuses',
      Buffer.from('{"type":"\\u0000\\ud800"}'),
      { 'x-theirs': '\u0000' },
    ],
  ])(
    'of a stranger is kept and shown as far as it can be read, to no tenant, only to who asks for such dead letters: %s',
    async (_, body, headers) => {
      await stage.raw.send(DEAD_LETTERS, body, { headers });
      await dead(1);
      const ofDefault = { everyTenant: false };
      expect(await stage.list(ofDefault)).toEqual([]);
      const [deadLetter] = await stage.list({ ...ofDefault, includeNoTenant: true });
      expect(deadLetter).toMatchObject({
        messageId: expect.stringMatching(/^unnamed-[0-9a-f]{32}$/),
        queue: QUEUE,
        service: SERVICE,
        tenantId: 'no-tenant',
        size: body.length,
        replayable: false,
      });
      expect(deadLetter).not.toHaveProperty('diedAt');
      const shown = 'body' in (deadLetter ?? {}) ? JSON.stringify(deadLetter?.body) : deadLetter?.bodyBase64;
      expect([body.toString(), body.toString('base64')]).toContain(shown);
      expect(await stage.find(deadLetter?.messageId ?? '')).toEqual(deadLetter);
      expect(await stage.list()).toEqual([deadLetter]);
      const gone = await stage.discard(deadLetter?.messageId ?? '', { by: 'an operator', dryRun: false });
      expect([gone.kind, await stage.list()]).toEqual(['discarded', []]);
    },
  );

  test('with a long body is listed without it, and shown with it', async () => {
    const long = await stage.put(minute(1), counted({ counter: 'x'.repeat(20_000) }));
    await dead(1);
    const [listed] = await stage.list();
    expect(listed).not.toHaveProperty('body');
    expect(listed?.size).toBe(long.body.length);
    expect(await stage.find(long.id)).toMatchObject({ ...listed, body: JSON.parse(long.body.toString()) });
  });

  test('that is larger than a service reads is kept whole', async () => {
    const large = counted({ counter: 'x'.repeat(4_300_000), mode: 'throw' });
    await stage.raw.publish([large]);
    await dead(1);
    expect(await stage.list()).toMatchObject([
      { messageId: large.id, size: large.body.length, cause: expect.stringContaining('bytes are more than') },
    ]);
  });
});

describe('the list', () => {
  test('is the newest first, page by page; what arrives meanwhile neither repeats nor hides another', async () => {
    const messages = Array.from({ length: 25 }, () => counted({ counter: 'a' }));
    for (const at of messages.keys()) await stage.put(minute((at * 7) % 25), messages[(at * 7) % 25]);
    await dead(25);
    const seen: string[] = [];
    let after: ReturnType<typeof positionOf> | undefined;
    for (let page = 0; page < 3; page++) {
      const deadLetters = await stage.list({}, { limit: 10, after });
      seen.push(...deadLetters.map(({ messageId }) => messageId));
      const last = deadLetters.at(-1);
      after = last && positionOf(last);
      await stage.put(minute(90 + page));
      await dead(26 + page);
    }
    expect(seen).toEqual(messages.map(({ id }) => id).reverse());
    expect(await stage.list()).toHaveLength(28);
  });

  test('is whole when many died in the same moment', async () => {
    const at = minute(1);
    const messages = Array.from({ length: 12 }, () => counted({ counter: 'a' }));
    for (const message of messages) await stage.put(at, message);
    await dead(12);
    const seen: string[] = [];
    for (let after: ReturnType<typeof positionOf> | undefined; ; ) {
      const deadLetters = await stage.list({}, { limit: 5, after });
      seen.push(...deadLetters.map(({ messageId }) => messageId));
      const last = deadLetters.at(-1);
      if (!last) break;
      after = positionOf(last);
    }
    expect(seen).toEqual(
      messages
        .map(({ id }) => id)
        .sort()
        .reverse(),
    );
  });

  test('is of one type or tenant when that is wanted', async () => {
    const north = await stage.put(minute(1), counted({ counter: 'a' }, { tenantid: 'north' }));
    const other = await stage.put(minute(2), counted({ counter: 'a' }, { type: 'test.other' }));
    const plain = await stage.put(minute(3));
    await dead(3);
    const ids = async (filter: object, tenantId = 'default') => {
      const context = { tenantId, correlationId: 'x' };
      const deadLetters = await stage.deadLetters.list(context, { queue: QUEUE, ...filter }, { limit: 9 });
      return deadLetters.map(({ messageId }) => messageId);
    };
    expect(await ids({}, 'north')).toEqual([north.id]);
    expect(await ids({})).toEqual([plain.id, other.id]);
    expect(await ids({ type: 'test.other' })).toEqual([other.id]);
    expect(await ids({ type: 'test.other' }, 'north')).toEqual([]);
    expect(await ids({ type: Counted.type, everyTenant: true })).toEqual([plain.id, north.id]);
    expect(await ids({ everyTenant: true })).toHaveLength(3);
  });
});

test('dead letters that were once given to the default tenant for want of another are taken from it', async () => {
  const file = stage.folder.file('older.db');
  const older = await openTestDatabase(file, OPERATIONS_MIGRATIONS.slice(0, 1));
  const rows = [
    ['theirs', 'default', 'orders-service'],
    ['anybodys', 'default', null],
    ['norths', 'north', null],
  ] as const;
  const insert = statement(
    `INSERT INTO dead_letters (message_id, tenant_id, source, death, died_at, cause, size, copies, properties, body_base64)
     VALUES ($1, $2, $3, '', '', '', 0, 1, '{}', '')`,
  );
  for (const [id, tenantId, source] of rows)
    await older.transaction((sql) => sql.run(insert, id, tenantId, source), [tenantId]);
  await older.close();
  const now = await openTestDatabase(file, OPERATIONS_MIGRATIONS);
  const kept = await now.acrossTenants.read(
    statement('SELECT message_id AS id, tenant_id AS tenant FROM dead_letters ORDER BY 1'),
  );
  await now.close();
  expect(kept).toEqual([
    { id: 'anybodys', tenant: 'no-tenant' },
    { id: 'norths', tenant: 'north' },
    { id: 'theirs', tenant: 'default' },
  ]);
});

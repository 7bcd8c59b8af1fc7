import {
  GetSubscription,
  GetSubscriptionStats,
  ListDeliveries,
  ListSubscriptions,
  type Message,
  newId,
  type Reply,
} from '@comanda/contracts';
import { type Database, SqlTransaction, statement } from '@comanda/storage';
import { Folder, onPostgres, openTestDatabase } from '@comanda/test-kit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Endpoints } from '../channels/endpoints.js';
import { hourOf, NOTHING_YET } from '../domain/delivery-hour.js';
import { migrations } from '../storage/migrations.js';
import { type DeliveryHour, deliveryHours, subscriptions } from '../storage/tables.js';
import { getSubscription } from './get-subscription.js';
import { getSubscriptionStats } from './get-subscription-stats.js';
import { listDeliveries } from './list-deliveries.js';
import { listSubscriptions } from './list-subscriptions.js';

/** `d3` and the like, as an id. */
const id = (name: string) => `0192d1a4-a000-7000-8000-0000000000${name}`;

const folder = new Folder();
let database: Database;
beforeAll(async () => {
  database = await openTestDatabase(folder.file('webhooks.db'), migrations);
  await database.transaction(
    async (sql) => {
      for (const n of [1, 2, 3]) {
        await sql.run(
          statement(`INSERT INTO subscriptions (tenant_id, subscription_id, channel, target, event_types, enabled, deleted, sequence, created_at)
           VALUES ('default', '${id(`a${n}`)}', 'telegram', '42', '["*"]', 1, ${n === 2 ? 1 : 0}, 0, '2027-01-0${n}T00:00:00.000Z')`),
        );
        await sql.run(
          statement(`INSERT INTO deliveries (tenant_id, delivery_id, subscription_id, event_id, event_type, order_id, status, created_at, replay_id)
           VALUES ('default', '${id(`d${n}`)}', '${id(`a${n}`)}', '${id('e0')}', 'order.created', '${id(`b${n % 2}`)}', 'PENDING', '2027-01-0${n}T00:00:00.000Z', ${n === 1 ? `'${id('f1')}'` : 'NULL'})`),
        );
      }
    },
    ['default'],
  );
});
afterAll(async () => {
  await database.close();
  folder.remove();
});

const about = <D>(data: D): Message<D> => ({
  specversion: '1.0',
  id: newId(),
  type: 'a query',
  source: 'api-gateway',
  time: '2027-01-04T00:00:00.000Z',
  subject: 'a list',
  datacontenttype: 'application/json',
  dataschema: 'a schema',
  tenantid: 'default',
  correlationid: 'c',
  data,
});
const resultOf = (reply: Reply): unknown => (reply.ok ? reply.result : undefined);

test('deliveries are listed with where they go and what came of them so far, by one statement more', async () => {
  await database.transaction(
    async (sql) => {
      for (const [nth, code, error] of [
        [1, 500, null],
        [2, null, 'timeout: no answer'],
      ] as const)
        await sql.run(
          statement(`INSERT INTO attempts (tenant_id, delivery_id, attempt_id, at, status_code, duration_ms, error)
           VALUES ('default', '${id('d3')}', 'attempt ${nth}', '2027-01-03T00:00:0${nth}.000Z', $1, 5, $2)`),
          code,
          error,
        );
    },
    ['default'],
  );
  const reply = await listDeliveries.answer(database, about({ limit: 2 }));
  const { items } = ListDeliveries.result.parse(resultOf(reply));
  expect(
    items.map(({ deliveryId, createdAt: _, status: __, ...shown }) => [deliveryId, shown]),
  ).toMatchObject([
    [id('d3'), { channel: 'telegram', target: '42', attemptCount: 2, lastError: 'timeout: no answer' }],
    [id('d2'), { channel: 'telegram', target: '42', attemptCount: 0 }],
  ]);
  expect(items[0]).not.toHaveProperty('lastStatusCode');
});

test('deliveries are listed page by page, the newest first, and by what they are filtered by', async () => {
  const ids = async (data: object) => {
    const reply = await listDeliveries.answer(database, about({ limit: 2, ...data }));
    const { items, nextCursor } = ListDeliveries.result.parse(resultOf(reply));
    return { ids: items.map(({ deliveryId }) => deliveryId), nextCursor };
  };
  const first = await ids({});
  expect(first.ids).toEqual([id('d3'), id('d2')]);
  expect(await ids({ cursor: first.nextCursor })).toEqual({ ids: [id('d1')], nextCursor: null });
  expect((await ids({ orderId: id('b1') })).ids).toEqual([id('d3'), id('d1')]);
  expect((await ids({ subscriptionId: id('a2') })).ids).toEqual([id('d2')]);
  expect((await ids({ status: 'FAILED' })).ids).toEqual([]);
  expect((await ids({ eventId: id('e0') })).ids).toEqual([id('d3'), id('d2')]);
  expect((await ids({ eventId: id('e1') })).ids).toEqual([]);
  expect((await ids({ replayId: id('f1') })).ids).toEqual([id('d1')]);
  const [second, third] = ['2027-01-02T00:00:00.000Z', '2027-01-03T00:00:00.000Z'];
  expect((await ids({ since: second })).ids).toEqual([id('d3'), id('d2')]);
  expect((await ids({ since: second, until: third })).ids).toEqual([id('d2')]);
  expect((await ids({ eventType: 'order.created', orderId: id('b0') })).ids).toEqual([id('d2')]);
});

(onPostgres ? test.skip : test)('an event finds the subscriptions that live by an index', async () => {
  const wanted = subscriptions.readAll({ liveTenantId: 'default' });
  let asked = '';
  await new SqlTransaction(async ({ sqlite }) => {
    asked = sqlite;
    return [];
  }).loadMatching({ ...wanted, values: [wanted.values] });
  const plan = await database.transaction((sql) =>
    sql.run(statement({ eachOnSqlite: `EXPLAIN QUERY PLAN ${asked}`, postgres: '' }), [wanted.values]),
  );
  expect(plan.map(({ detail }) => String(detail))).toContain(
    'SEARCH t USING INDEX subscriptions_that_live (live_tenant_id=?)',
  );
});

test('subscriptions that were made before events found them by that index are found, the deleted ones are not', async () => {
  const file = folder.file('older.db');
  const older = await openTestDatabase(file, migrations.slice(0, 1));
  await older.transaction(
    async (sql) => {
      for (const [name, deleted] of [['a1', 0] as const, ['a2', 1] as const])
        await sql.run(
          statement(`INSERT INTO subscriptions (tenant_id, subscription_id, channel, target, event_types, enabled, deleted, sequence, created_at)
         VALUES ('default', '${id(name)}', 'telegram', '42', '["*"]', 1, ${deleted}, 0, '2027-01-01T00:00:00.000Z')`),
        );
    },
    ['default'],
  );
  await older.close();
  const newer = await openTestDatabase(file, migrations);
  const { columns, values } = subscriptions.readAll({ liveTenantId: 'default' });
  const found = await newer.transaction(
    (sql) => sql.loadMatching({ table: subscriptions, columns, values: [values], lock: false }),
    ['default'],
  );
  expect(found.map(({ subscriptionId }) => subscriptionId)).toEqual([id('a1')]);
  await newer.close();
});

test('subscriptions are listed page by page, the newest first, without the deleted ones', async () => {
  const first = ListSubscriptions.result.parse(
    resultOf(await listSubscriptions(endpoints).answer(database, about({ limit: 1 }))),
  );
  expect(first.items.map(({ subscriptionId }) => subscriptionId)).toEqual([id('a3')]);
  const second = ListSubscriptions.result.parse(
    resultOf(
      await listSubscriptions(endpoints).answer(
        database,
        about({ limit: 1, cursor: first.nextCursor ?? '' }),
      ),
    ),
  );
  expect(second.items.map(({ subscriptionId }) => subscriptionId)).toEqual([id('a1')]);
  expect(second.nextCursor).toBeNull();
});

/** Its breaker has seen nothing yet. */
const endpoints = new Endpoints();
const HOUR_MS = 3_600_000;
/** So many hours before this one. */
const hoursAgo = (hours: number): string => hourOf(new Date(Date.now() - hours * HOUR_MS).toISOString());

async function storeHours(subscriptionId: string): Promise<void> {
  const hour = (ago: number, row: Partial<DeliveryHour>) =>
    deliveryHours.encode({
      ...{ ...NOTHING_YET, tenantId: 'default', subscriptionId, hour: hoursAgo(ago), ...row },
    });
  const answer = (nth: number) => ({
    deliveryId: id(`d${nth}`),
    at: hoursAgo(nth),
    durationMs: 7,
    statusCode: 204,
  });
  await database.transaction(
    async (transaction) => {
      await transaction.saveRows(deliveryHours, [
        hour(0, {
          failed: 2,
          attempts: 6,
          durations: { 12: 6 },
          lastError: 'answered 503',
          lastAnswers: [answer(1)],
        }),
        hour(23, {
          delivered: 5,
          attempts: 5,
          durations: { 1: 5 },
          lastError: 'older',
          lastAnswers: [answer(2)],
        }),
        hour(24, { delivered: 9, attempts: 9, lastDeliveredAt: hoursAgo(24) }),
      ]);
      const work = {
        kind: 'deliver',
        tenantId: 'default',
        key: subscriptionId,
        dueAt: hoursAgo(0),
        attempt: 0,
        fence: 0,
      };
      const cause = { id: 'c', tenantid: 'default', correlationid: 'c' };
      await transaction.putWork(
        [1, 2, 3].map((nth) => ({
          ...work,
          id: id(`d${nth}`),
          payload: {},
          cause,
          ...(nth === 3 && { key: 'another' }),
        })),
      );
    },
    ['default'],
  );
}

test('a subscription shows how it is doing, and in a list just so: the last day, what waits, and the last error', async () => {
  const subscriptionId = id('a1');
  await storeHours(subscriptionId);
  const one = GetSubscription.result.parse(
    resultOf(await getSubscription(endpoints).answer(database, about({ subscriptionId }))),
  );
  expect(one.health).toEqual({
    ...{ state: 'HEALTHY', circuit: 'CLOSED', pending: 2, delivered24h: 5, failed24h: 2 },
    ...{ lastDeliveredAt: hoursAgo(24), lastError: 'answered 503' },
  });
  const list = ListSubscriptions.result.parse(
    resultOf(await listSubscriptions(endpoints).answer(database, about({ limit: 9 }))),
  );
  expect(list.items.map(({ health }) => health?.pending)).toEqual([0, 2]);
  expect(list.items[1]).toEqual(one);
});

test('its hours are shown as they are asked for, with what they are together', async () => {
  const subscriptionId = id('a1');
  const ask = (data: object) => getSubscriptionStats.answer(database, about({ subscriptionId, ...data }));
  const { overall, hours, lastAnswers } = GetSubscriptionStats.result.parse(resultOf(await ask({})));
  expect(hours.map(({ hour, attempts }) => [hour, attempts])).toEqual([
    [hoursAgo(23), 5],
    [hoursAgo(0), 6],
  ]);
  expect(overall).toEqual({ delivered: 5, failed: 2, dropped: 0, attempts: 11, p50Ms: 9, p99Ms: 9 });
  expect(lastAnswers.map(({ deliveryId }) => deliveryId)).toEqual([id('d1'), id('d2')]);
  const older = await ask({ since: hoursAgo(24), until: hoursAgo(23) });
  expect(resultOf(older)).toMatchObject({ overall: { delivered: 9 }, hours: [{ hour: hoursAgo(24) }] });
  for (const range of [{ since: hoursAgo(32 * 24) }, { since: hoursAgo(2), until: hoursAgo(3) }])
    expect(await ask(range)).toMatchObject({ ok: false, refusal: { code: 'BAD_RANGE' } });
  expect(await ask({ subscriptionId: id('a2') })).toMatchObject({
    refusal: { code: 'UNKNOWN_SUBSCRIPTION' },
  });
});

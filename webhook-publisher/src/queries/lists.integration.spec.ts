import { ListDeliveries, ListSubscriptions, type Message, newId, type Reply } from '@comanda/contracts';
import { type Database, SqlTransaction, statement } from '@comanda/storage';
import { Folder, onPostgres, openTestDatabase } from '@comanda/test-kit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { migrations } from '../storage/migrations.js';
import { subscriptions } from '../storage/tables.js';
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
          statement(`INSERT INTO deliveries (tenant_id, delivery_id, subscription_id, event_id, event_type, order_id, status, created_at)
           VALUES ('default', '${id(`d${n}`)}', '${id(`a${n}`)}', '${id('e0')}', 'order.created', '${id(`b${n % 2}`)}', 'PENDING', '2027-01-0${n}T00:00:00.000Z')`),
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
    resultOf(await listSubscriptions.answer(database, about({ limit: 1 }))),
  );
  expect(first.items.map(({ subscriptionId }) => subscriptionId)).toEqual([id('a3')]);
  const second = ListSubscriptions.result.parse(
    resultOf(await listSubscriptions.answer(database, about({ limit: 1, cursor: first.nextCursor ?? '' }))),
  );
  expect(second.items.map(({ subscriptionId }) => subscriptionId)).toEqual([id('a1')]);
  expect(second.nextCursor).toBeNull();
});

import type { DeliveryStatus } from '@comanda/contracts';
import { EVERY_TENANT, type Parameter, SqlTransaction, statement } from '@comanda/storage';
import { onPostgres } from '@comanda/test-kit';
import { useDatabase } from '@comanda/test-kit/hooks';
import { expect, test } from '@jest/globals';
import type { z } from 'zod';
import { cleanOnce } from '../../../test/support/clean-once.js';
import { contactRetentions, historyRetentions } from './history-retentions.js';
import { migrations } from './migrations.js';

const NOW = new Date('2027-06-30T12:00:00.000Z');
const daysAgo = (days: number): string => new Date(NOW.getTime() - days * 24 * 3_600_000).toISOString();
const OLD = daysAgo(91);
const YOUNG = daysAgo(89);

const database = useDatabase(migrations);

interface Delivered {
  readonly id: string;
  readonly event: string;
  readonly status?: z.infer<typeof DeliveryStatus>;
  readonly at?: string;
  /** When the attempt was made. */
  readonly attempts?: readonly string[];
}

const INSERT_EVENT = statement(
  `INSERT INTO events (tenant_id, event_id, type, body, created_at)
   VALUES ('default', $1, 'order.created', '{}', $2)`,
);
const INSERT_DELIVERY = statement(
  `INSERT INTO deliveries (tenant_id, delivery_id, subscription_id, event_id, event_type, status, created_at)
   VALUES ('default', $1, 'subscription', $2, 'order.created', $3, $4)`,
);
const INSERT_ATTEMPT = statement(
  `INSERT INTO attempts (tenant_id, delivery_id, attempt_id, at, status_code, duration_ms)
   VALUES ('default', $1, $2, $3, 200, 5)`,
);

async function history(events: readonly (readonly [id: string, at: string])[], all: readonly Delivered[]) {
  await database.transaction(async (sql) => {
    for (const [id, at] of events) await sql.run(INSERT_EVENT, id, at);
    for (const { id, event, status = 'DELIVERED', at = OLD, attempts = [OLD] } of all) {
      await sql.run(INSERT_DELIVERY, id, event, status, at);
      for (const [number, at] of attempts.entries()) await sql.run(INSERT_ATTEMPT, id, String(number), at);
    }
  }, EVERY_TENANT);
}

const clean = () => cleanOnce(database, historyRetentions(90), NOW);

const idsOf = async (
  table: 'events' | 'deliveries' | 'attempts' | 'notifications' | 'sent_texts',
  id: string,
): Promise<string[]> =>
  (await database.acrossTenants.read(statement(`SELECT ${id} AS id FROM ${table} ORDER BY id`))).map((row) =>
    String(row.id),
  );

test('deliveries that ended long ago go with their attempts and, when nothing else needs them, their events', async () => {
  await history(
    [
      ['ended', OLD],
      ['waiting', OLD],
      ['tried-again', OLD],
      ['lately', YOUNG],
    ],
    [
      { id: 'delivered', event: 'ended', attempts: [OLD, OLD, OLD] },
      { id: 'failed', event: 'ended', status: 'FAILED', attempts: [OLD, OLD] },
      { id: 'dropped', event: 'waiting', status: 'DROPPED' },
      { id: 'pending', event: 'waiting', status: 'PENDING', attempts: [OLD, OLD] },
      { id: 'retried-by-hand', event: 'tried-again', attempts: [OLD, YOUNG] },
      { id: 'delivered-lately', event: 'lately', at: YOUNG, attempts: [YOUNG] },
    ],
  );
  await database.transaction(async (sql) => {
    await sql.run(
      statement(`INSERT INTO sent_texts (tenant_id, delivery_id, sid, status, at)
        SELECT tenant_id, delivery_id, 'SM1', 'sent', created_at FROM deliveries`),
    );
  }, EVERY_TENANT);
  await clean();
  expect(await idsOf('sent_texts', 'delivery_id')).toEqual([
    'delivered-lately',
    'pending',
    'retried-by-hand',
  ]);
  expect(await idsOf('deliveries', 'delivery_id')).toEqual([
    'delivered-lately',
    'pending',
    'retried-by-hand',
  ]);
  expect(await idsOf('attempts', 'delivery_id')).toEqual([
    'delivered-lately',
    'pending',
    'pending',
    'retried-by-hand',
    'retried-by-hand',
  ]);
  // `waiting` is still to be sent and `tried-again` may be retried: both need their bodies.
  expect(await idsOf('events', 'event_id')).toEqual(['lately', 'tried-again', 'waiting']);
});

test('another tenant with the same ids keeps what is its own', async () => {
  await history([['e', OLD]], [{ id: 'd', event: 'e' }]);
  await database.transaction(async (sql) => {
    await sql.run(
      statement(`INSERT INTO events (tenant_id, event_id, type, order_id, body, created_at)
                 SELECT 'other', event_id, type, order_id, body, '${YOUNG}' FROM events`),
    );
    await sql.run(
      statement(`INSERT INTO deliveries SELECT 'other', delivery_id, subscription_id, event_id, event_type, order_id, 'PENDING',
         next_attempt_at, created_at, replay_id FROM deliveries`),
    );
    await sql.run(
      statement(`INSERT INTO attempts (tenant_id, delivery_id, attempt_id, at, duration_ms)
        SELECT 'other', delivery_id, attempt_id, at, duration_ms FROM attempts`),
    );
  }, EVERY_TENANT);
  await clean();
  for (const table of ['events', 'deliveries', 'attempts'])
    expect(await database.acrossTenants.read(statement(`SELECT tenant_id FROM ${table}`))).toEqual([
      { tenant_id: 'other' },
    ]);
});

test('a long history goes completely, in small batches', async () => {
  const many = Array.from({ length: 1_100 }, (_, at) => `n${String(at).padStart(4, '0')}`);
  await history(
    many.map((id) => [id, OLD]),
    many.map((id) => ({ id, event: id })),
  );
  await history([['lately', YOUNG]], [{ id: 'lately', event: 'lately', at: YOUNG, attempts: [YOUNG] }]);
  await clean();
  for (const table of ['events', 'deliveries', 'attempts'])
    expect(await database.acrossTenants.read(statement(`SELECT count(*) AS n FROM ${table}`))).toEqual([
      { n: 1 },
    ]);
});

test('contacts are erased a while after the last word; their empty rows and notifications stay as long as deliveries', async () => {
  const INSERT_CONTACT = statement(
    `INSERT INTO contacts (tenant_id, order_id, sealed, channels, locale, waiting, kept_from, erased_at, created_at)
     VALUES ('default', $1, $2, '["email"]', 'en', '["e"]', $3, $4, $3)`,
  );
  const INSERT_NOTIFICATION = statement(
    `INSERT INTO notifications (tenant_id, notification_id, order_id, event_id, event_type, channel, status, created_at)
     VALUES ('default', $1, 'order', $2, 'order.confirmed', 'email', $3, $4)`,
  );
  await database.transaction(async (sql) => {
    await sql.run(INSERT_CONTACT, 'told-lately', 'sealed', daysAgo(29), null);
    await sql.run(INSERT_CONTACT, 'told-long-ago', 'sealed', daysAgo(31), null);
    await sql.run(INSERT_CONTACT, 'never-came', null, daysAgo(31), null);
    await sql.run(INSERT_CONTACT, 'erased-lately', null, OLD, YOUNG);
    await sql.run(INSERT_CONTACT, 'erased-long-ago', null, OLD, OLD);
    for (const event of ['of-ended', 'of-pending']) await sql.run(INSERT_EVENT, event, OLD);
    await sql.run(INSERT_NOTIFICATION, 'ended', 'of-ended', 'DELIVERED', OLD);
    await sql.run(INSERT_ATTEMPT, 'ended', '1', OLD);
    await sql.run(INSERT_NOTIFICATION, 'pending', 'of-pending', 'PENDING', OLD);
    await sql.run(INSERT_NOTIFICATION, 'ended-lately', 'gone', 'DELIVERED', YOUNG);
  }, EVERY_TENANT);
  const retentions = [
    ...historyRetentions(90),
    ...contactRetentions({ contacts: 30, history: 90 }, () => NOW),
  ];
  await cleanOnce(database, retentions, NOW);
  const now = NOW.toISOString();
  expect(
    await database.acrossTenants.read(
      statement('SELECT order_id, sealed, channels, waiting, erased_at FROM contacts ORDER BY order_id'),
    ),
  ).toEqual(
    [
      ['erased-lately', null, '["email"]', '["e"]', YOUNG],
      ['never-came', null, '[]', '[]', now],
      ['told-lately', 'sealed', '["email"]', '["e"]', null],
      ['told-long-ago', null, '[]', '[]', now],
    ].map(([order_id, sealed, channels, waiting, erased_at]) => ({
      ...{ order_id, sealed, channels, waiting, erased_at },
    })),
  );
  expect(await idsOf('notifications', 'notification_id')).toEqual(['ended-lately', 'pending']);
  expect(await idsOf('attempts', 'delivery_id')).toEqual([]);
  expect(await idsOf('events', 'event_id')).toEqual(['of-pending']);
});

(onPostgres ? test.skip : test)('what is old is found by indices, however long the history', async () => {
  const statements: [text: string, parameters: readonly Parameter[]][] = [];
  for (const retention of [
    ...historyRetentions(90),
    ...contactRetentions({ contacts: 30, history: 90 }, () => NOW),
  ]) {
    await retention.remove(
      new SqlTransaction(async (sent, ...parameters) => {
        statements.push([sent.sqlite, parameters]);
        return [{ tenant: 'default', delivery: 'd' }];
      }),
      { before: NOW.toISOString(), limit: 500 },
    );
  }
  expect(statements).toHaveLength(13);
  const plans = await database.transaction((sql) =>
    Promise.all(
      statements.map(([text, parameters]) => sql.run(statement(`EXPLAIN QUERY PLAN ${text}`), ...parameters)),
    ),
  );
  const details = plans.flat().map((row) => String(row.detail));
  expect(details.filter((detail) => /^SCAN (?!json_each|CONSTANT)/.test(detail))).toEqual([]);
});

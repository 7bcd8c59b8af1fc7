import { smallestIdOf } from '@comanda/contracts';
import { ENTROPY, runJob } from '@comanda/messaging';
import { EVERY_TENANT, type Statement, statement } from '@comanda/storage';
import { onPostgres } from '@comanda/test-kit';
import { useDatabase } from '@comanda/test-kit/hooks';
import { expect, test } from '@jest/globals';
import { DELIVER } from '../effects/schedule-delivery.js';
import { REPLAY } from '../effects/schedule-replay.js';
import { migrations } from '../storage/migrations.js';
import { deliveries, events, type Replay, replays, subscriptions } from '../storage/tables.js';
import { replay } from './replay.js';
import { replayedEvents } from './replayed-events.js';

const START = Date.parse('2027-01-01T00:00:00.000Z');
const NOW = '2027-01-02T00:00:00.000Z';
const database = useDatabase(migrations);

const at = (second: number): string => new Date(START + second * 1_000).toISOString();
/** The event of this second. */
const eventAt = (second: number): string => smallestIdOf(START + second * 1_000).replace(/0$/, '1');
const subscription = {
  ...{ tenantId: 'default', subscriptionId: 's', channel: 'webhook' as const, target: 'https://a.example/' },
  ...{ eventTypes: ['order.*'], description: null, enabled: true, disabledReason: null, deleted: false },
  ...{
    secrets: null,
    publicKey: null,
    locale: null,
    rateLimitPerSecond: null,
    headerNames: null,
    mutedUntil: null,
  },
  ...{ failingSince: null, sequence: 0, createdAt: at(0) },
  liveTenantId: 'default',
};
const running: Replay = {
  ...{ tenantId: 'default', replayId: 'r', subscriptionId: 's', status: 'RUNNING', eventTypes: null },
  ...{
    since: at(0),
    until: at(60),
    onlyFailed: false,
    position: smallestIdOf(START),
    scheduled: 0,
    skipped: 0,
  },
  ...{ reason: null, createdAt: NOW, endedAt: null, runningFor: 's' },
};

/** Events of these seconds, with what became of them at the subscription; another tenant has the same ones. */
async function store(
  them: Readonly<
    Record<number, { type?: string; ended?: readonly ('FAILED' | 'DROPPED' | 'DELIVERED' | 'PENDING')[] }>
  >,
  {
    enabled = true,
    waiting = 0,
    stored = running,
  }: { enabled?: boolean; waiting?: number; stored?: Replay } = {},
) {
  await database.transaction(async (sql) => {
    for (const tenantId of ['default', 'other'])
      for (const [second, { type = 'order.created', ended = [] }] of Object.entries(them)) {
        const eventId = eventAt(Number(second));
        const event = {
          tenantId,
          eventId,
          type,
          orderId: null,
          correlationId: null,
          body: '{}',
          createdAt: NOW,
        };
        await sql.insertRows(events, [events.encode(event)]);
        if (tenantId === 'other') continue;
        const made = ended.map((status, nth) => ({
          ...{
            tenantId,
            deliveryId: `${second}-${nth}`,
            subscriptionId: 's',
            eventId,
            eventType: type,
            status,
          },
          ...{ orderId: null, nextAttemptAt: null, createdAt: NOW, replayId: null },
        }));
        await sql.insertRows(deliveries, deliveries.encodeAll(made));
      }
    await sql.saveRows(subscriptions, [subscriptions.encode({ ...subscription, enabled })]);
    await sql.saveRows(replays, [replays.encode(stored)]);
    const work = {
      kind: DELIVER,
      tenantId: 'default',
      key: 's',
      dueAt: NOW,
      attempt: 0,
      fence: 0,
      payload: {},
    };
    const cause = { id: 'c', tenantid: 'default', correlationid: 'c' };
    await sql.putWork(Array.from({ length: waiting }, (_, nth) => ({ ...work, cause, id: `w${nth}` })));
  }, EVERY_TENANT);
}

/** One page, as a worker takes it, of the replay and the subscription as they are stored. */
async function page({ stored = running, enabled = true, keptDays = 90 } = {}) {
  const kind = replay({
    ...{ database, events: replayedEvents(database), keptDays, clock: () => new Date(NOW) },
    pace: { perSecond: 2, maxWaiting: 5, lookAt: 4 },
  });
  const task = await runJob(kind, {
    ...{ kind: REPLAY, id: 'r', tenantId: 'default', key: '', dueAt: NOW, attempt: 1, fence: 1, payload: {} },
    cause: { id: 'c', tenantid: 'default', correlationid: 'c' },
  });
  let id = 0;
  const effects = task.decide(
    { replay: stored, subscription: { ...subscription, enabled } },
    { ...ENTROPY, now: NOW, newId: () => `d${++id}` },
  );
  const rows = (name: string) =>
    effects.flatMap((effect) => (effect.kind === 'put' && effect.table.name === name ? [effect.row] : []));
  return {
    effects,
    made: rows('deliveries'),
    left: rows('replays')[0],
    eventIds: eventIdsOf(rows('deliveries')),
  };
}
const eventIdsOf = (rows: readonly object[]) =>
  rows.map((row) => ('eventId' in row ? row.eventId : undefined));

test('a page gives as many events a delivery as the pace allows, and the next one goes on behind them', async () => {
  await store({ 1: {}, 2: { type: 'payment.failed' }, 3: {}, 4: {}, 60: {} });
  const first = await page();
  expect(first.effects).toMatchObject([
    {
      kind: 'put',
      row: { deliveryId: 'd1', eventId: eventAt(1), status: 'PENDING', replayId: 'r', createdAt: NOW },
    },
    {
      kind: 'schedule',
      work: DELIVER,
      id: 'd1',
      key: 's',
      dueAt: NOW,
      payload: { failures: 0, manual: false },
    },
    { kind: 'put', row: { deliveryId: 'd2', eventId: eventAt(3) } },
    { kind: 'schedule', work: DELIVER, id: 'd2' },
    { kind: 'put', row: { status: 'RUNNING', position: eventAt(3), scheduled: 2, skipped: 1 } },
    { kind: 'schedule', work: REPLAY, id: 'r', dueAt: new Date(Date.parse(NOW) + 1_000).toISOString() },
  ]);
  const left = replays.decode(replaysRow(first.left));
  await store({}, { stored: left });
  const second = await page({ stored: left });
  expect(second.eventIds).toEqual([eventAt(4)]);
  expect(second.left).toMatchObject({
    status: 'DONE',
    scheduled: 3,
    skipped: 1,
    endedAt: NOW,
    runningFor: null,
  });
  expect(second.effects).toHaveLength(3);
});
const replaysRow = (row: object | undefined) => {
  const values = replays.encode(row as Replay);
  return Object.fromEntries(replays.columns.map((column, nth) => [column, values[nth]]));
};

test('of those that failed it sends what never arrived and is not on its way', async () => {
  const stored = { ...running, onlyFailed: true };
  await store(
    {
      1: { ended: ['FAILED'] },
      2: { ended: ['DELIVERED'] },
      3: {},
      4: { ended: ['DROPPED', 'FAILED'] },
      5: { ended: ['FAILED', 'DELIVERED'] },
      6: { ended: ['FAILED', 'PENDING'] },
    },
    { stored },
  );
  const { eventIds, left } = await page({ stored });
  expect(eventIds).toEqual([eventAt(1), eventAt(4)]);
  expect(left).toMatchObject({ position: eventAt(4), skipped: 2 });
  const rest = { ...stored, position: eventAt(4) };
  await store({}, { stored: rest });
  expect(await page({ stored: rest })).toMatchObject({ eventIds: [], left: { status: 'DONE', skipped: 2 } });
});

test('other patterns stand in place of those of the subscription', async () => {
  const stored = { ...running, eventTypes: ['payment.*'] };
  await store({ 1: {}, 2: { type: 'payment.failed' } }, { stored });
  expect((await page({ stored })).eventIds).toEqual([eventAt(2)]);
});

test('while too many deliveries wait it adds none, and comes again a second later', async () => {
  await store({ 1: {}, 2: {} }, { waiting: 7 });
  expect((await page()).effects).toMatchObject([
    { kind: 'put', row: { position: running.position, scheduled: 0, skipped: 0 } },
    { kind: 'schedule', work: REPLAY, dueAt: new Date(Date.parse(NOW) + 1_000).toISOString() },
  ]);
});

test('it ends when its subscription is disabled, with the reason, and does nothing once it has ended', async () => {
  await store({ 1: {} }, { enabled: false });
  expect((await page({ enabled: false })).effects).toMatchObject([
    {
      kind: 'put',
      row: { status: 'FAILED', reason: 'The subscription is disabled: by hand', runningFor: null },
    },
  ]);
  await store({}, { stored: { ...running, status: 'CANCELLED' } });
  expect((await page({ stored: { ...running, status: 'CANCELLED' } })).effects).toEqual([]);
});

test('what housekeeping is about to remove is not begun', async () => {
  // Kept for a day: all of the first hour may go any moment.
  await store({ 1: {}, 3700: {} }, { stored: { ...running, until: at(4_000) } });
  const { eventIds } = await page({ stored: { ...running, until: at(4_000) }, keptDays: 1 });
  expect(eventIds).toEqual([eventAt(3_700)]);
});

(onPostgres ? test.skip : test)('events and what waits are found by keys and indexes', async () => {
  const asked: [Statement, readonly unknown[]][] = [];
  const reader = replayedEvents({
    of: () => ({
      find: async () => undefined,
      read: async (sent, ...parameters) => {
        asked.push([sent, parameters]);
        return [{ n: 0, eventId: 'e', type: 't', orderId: null, hasFailed: 0 }];
      },
    }),
  });
  await reader.next(running, eventAt(9), 4);
  await reader.waiting(running, 5);
  const plans = await database.transaction((sql) =>
    Promise.all(
      asked.map(([sent, values]) =>
        sql.run(statement(`EXPLAIN QUERY PLAN ${sent.sqlite}`), ...(values as string[])),
      ),
    ),
  );
  const details = plans.flat().map((row) => String(row.detail));
  expect(details.filter((detail) => /^(SCAN (?!waiting|CONSTANT)|USE TEMP)/.test(detail))).toEqual([]);
  expect(details.filter((detail) => detail.startsWith('SEARCH'))).toHaveLength(4);
});

import { ENTROPY, runJob } from '@comanda/messaging';
import { type Database, statement } from '@comanda/storage';
import { Folder, openTestDatabase } from '@comanda/test-kit';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { BY_HAND, DELIVER } from '../effects/schedule-delivery.js';
import { migrations } from '../storage/migrations.js';
import { anAnswer } from '../testing/an-answer.js';
import { deliver } from './deliver.js';

const SUBSCRIBED_AT = '2027-01-01T00:00:00.000Z';
const PUBLISHED_AT = '2027-02-02T00:00:00.000Z';
const DUE_AT = '2027-02-02T00:00:01.000Z';
const SENT_AT = '2027-02-02T00:00:02.000Z';
const DECIDED_AT = '2027-02-02T00:00:03.000Z';

const delivery = {
  tenantId: 'default',
  deliveryId: 'd',
  subscriptionId: 's',
  eventId: 'e',
  eventType: 'order.created',
  orderId: null,
  status: 'PENDING' as const,
  nextAttemptAt: DUE_AT,
  createdAt: PUBLISHED_AT,
};
const subscription = {
  tenantId: 'default',
  subscriptionId: 's',
  channel: 'webhook' as const,
  target: 'https://hooks.example.com/',
  eventTypes: ['*'],
  description: null,
  enabled: true,
  disabledReason: null,
  deleted: false,
  secrets: 'sealed',
  publicKey: null,
  locale: null,
  rateLimitPerSecond: null,
  headerNames: null,
  mutedUntil: null,
  failingSince: null,
  sequence: 4,
  createdAt: SUBSCRIBED_AT,
  liveTenantId: null,
};
/** The attempt counts in the hour of its subscription. */
const counted = { kind: 'put', row: { subscriptionId: 's', hour: '2027-02-02T00:00:00.000Z' } };
const event = {
  tenantId: 'default',
  eventId: 'e',
  type: 'order.created',
  orderId: null,
  correlationId: null,
  body: '{"id":"e"}',
  createdAt: PUBLISHED_AT,
};

let folder: Folder;
let database: Database;
let sent: { to: unknown; event: unknown; force: boolean }[];
beforeEach(async () => {
  folder = new Folder();
  database = await openTestDatabase(folder.file('webhooks.db'), migrations);
  sent = [];
});
afterEach(async () => {
  await database.close();
  folder.remove();
});

const store = (enabled: boolean, deleted: boolean) =>
  database.transaction(
    async (sql) => {
      await sql.run(
        statement(`INSERT INTO subscriptions (tenant_id, subscription_id, channel, target, event_types, enabled, deleted, secrets, sequence, created_at)
         VALUES ('default', 's', 'webhook', 'https://hooks.example.com/', '["*"]', ${Number(enabled)}, ${Number(deleted)}, 'sealed', 4, '${SUBSCRIBED_AT}')`),
      );
      await sql.run(
        statement(`INSERT INTO events (tenant_id, event_id, type, body, created_at)
         VALUES ('default', 'e', 'order.created', '{"id":"e"}', '${PUBLISHED_AT}')`),
      );
      await sql.run(
        statement(`INSERT INTO deliveries (tenant_id, delivery_id, subscription_id, event_id, event_type, status, next_attempt_at, created_at)
         VALUES ('default', 'd', 's', 'e', 'order.created', 'PENDING', '${DUE_AT}', '${PUBLISHED_AT}')`),
      );
    },
    ['default'],
  );

/** Runs the delivery as a worker does, and decides on its result. */
async function run({
  eventType = delivery.eventType,
  manual = false,
  failures = 0,
  scheduleSeconds = [10],
  /** When the attempt was due. */
  wantedAt = String(SENT_AT),
  /** Since when the endpoint has been left alone. */
  heldSince = undefined as number | undefined,
  result = anAnswer(200),
  target = subscription.target,
  failingSince = null as number | null,
  decidedAt = DECIDED_AT,
} = {}) {
  const kind = deliver({
    database,
    sender: {
      send: async (to, [stored], { force }) => {
        sent.push({ to, event: stored, force });
        return result;
      },
    },
    pace: { places: () => 1, pausedUntil: () => undefined, heldSince: () => heldSince },
    scheduleSeconds,
    leaseSeconds: 30,
    clock: () => new Date(SENT_AT),
  });
  const task = await runJob(kind, {
    kind: DELIVER,
    id: 'd',
    tenantId: 'default',
    key: 's',
    dueAt: DUE_AT,
    attempt: 1,
    fence: 1,
    payload: { eventId: 'e', failures, manual, wantedAt },
    cause: { id: 'c', tenantid: 'default', correlationid: 'c' },
  });
  let id = 0;
  return task.decide(
    {
      delivery: { ...delivery, eventType },
      subscription: { ...subscription, target, failingSince },
      texts: [],
    },
    { ...ENTROPY, now: decidedAt, newId: () => `id-${++id}`, random: () => 0.5 },
  );
}

describe('an attempt', () => {
  test('sends the event as it was stored, with its own time and not that of the subscription', async () => {
    await store(true, false);
    expect(await run()).toHaveLength(3);
    expect(sent).toEqual([{ to: subscription, event: { ...event, deliveryId: 'd' }, force: false }]);
  });

  test('that arrives ends the delivery and stands in its history at the time when it was sent', async () => {
    await store(true, false);
    expect(await run()).toMatchObject([
      {
        kind: 'append',
        row: { attemptId: 'id-1', at: SENT_AT, statusCode: 200, durationMs: 7, responseBody: 'the answer' },
      },
      {
        kind: 'put',
        row: { hour: counted.row.hour, delivered: 1, attempts: 1, lastDeliveredAt: SENT_AT, lastError: null },
      },
      { kind: 'put', row: { deliveryId: 'd', status: 'DELIVERED', nextAttemptAt: null } },
    ]);
  });

  test('that fails is scheduled again, one failure further, with chance and time from the decision', async () => {
    await store(true, false);
    const dueAt = new Date(Date.parse(DECIDED_AT) + 10_000).toISOString();
    const failingSince = Date.parse(SENT_AT);
    expect(await run({ result: anAnswer(500), failingSince })).toMatchObject([
      { kind: 'append', row: { statusCode: 500 } },
      counted,
      { kind: 'put', row: { status: 'PENDING', nextAttemptAt: dueAt } },
      {
        kind: 'schedule',
        work: DELIVER,
        id: 'd',
        key: 's',
        dueAt,
        payload: { eventId: 'e', failures: 1, manual: false },
      },
    ]);
  });

  const moved = { kind: 'moved', status: 400, detail: 'upgraded', target: '-1002', durationMs: 7 } as const;
  const note = 'the subscriber has moved to -1002';
  const again = {
    kind: 'schedule',
    dueAt: DECIDED_AT,
    payload: { eventId: 'e', failures: 1, manual: false, moved: true },
  };

  test('to a subscriber that moved writes down where to, tells it, and goes there at once, at the same step', async () => {
    await store(true, false);
    expect(await run({ result: moved, failures: 1 })).toMatchObject([
      { kind: 'append', row: { statusCode: 400, responseBody: 'upgraded', note } },
      counted,
      { kind: 'put', row: { subscriptionId: 's', target: '-1002', failingSince: null, sequence: 5 } },
      {
        ...{
          kind: 'emit',
          event: { type: 'webhook.subscriptionMoved' },
          id: 'id-2',
          subject: 's',
          sequence: 5,
        },
        data: {
          ...{ subscriptionId: 's', channel: 'webhook', target: '-1002' },
          ...{ previousTarget: 'https://hooks.example.com/', reason: 'The receiver has moved' },
          ...{ deliveryId: 'd', eventId: 'e', eventType: 'order.created', attempts: 2, at: SENT_AT },
          ...{ statusCode: 400, answer: 'upgraded' },
        },
      },
      { kind: 'put', row: { deliveryId: 'd', status: 'PENDING', nextAttemptAt: DECIDED_AT } },
      again,
    ]);
  });

  test.each([
    ['staff wrote down another target meanwhile', { target: 'https://another.example.com/' }],
    ['another delivery found out before', { target: '-1002' }],
    ['it says that it is where it was', { result: { ...moved, target: subscription.target } }],
  ])('to one that moved changes and tells nothing when %s', async (_why, one) => {
    await store(true, false);
    const effects = await run({ result: moved, failures: 1, ...one });
    expect(effects).toMatchObject([
      { kind: 'append' },
      counted,
      { kind: 'put', row: { deliveryId: 'd' } },
      again,
    ]);
  });

  test('that tells of a move tells of no other, so two that name each other are not told of for ever', async () => {
    await store(true, false);
    const effects = await run({ result: moved, failures: 1, eventType: 'webhook.subscriptionMoved' });
    expect(effects).toMatchObject([
      { kind: 'append' },
      counted,
      { kind: 'put', row: { subscriptionId: 's', target: '-1002', sequence: 4 } },
      { kind: 'put', row: { deliveryId: 'd' } },
      again,
    ]);
  });

  test('that was the last of the schedule publishes that, as the next event about the subscription', async () => {
    await store(true, false);
    expect(await run({ result: anAnswer(500), failures: 1 })).toMatchObject([
      { kind: 'append', row: { attemptId: 'id-1' } },
      counted,
      { kind: 'put', row: { status: 'FAILED', nextAttemptAt: null } },
      { kind: 'put', row: { sequence: 5, enabled: true, failingSince: Date.parse(DECIDED_AT) } },
      {
        ...{ kind: 'emit', event: { type: 'webhook.deliveryFailed' }, id: 'id-2', subject: 's', sequence: 5 },
        data: {
          ...{ subscriptionId: 's', channel: 'webhook', target: 'https://hooks.example.com/' },
          ...{ deliveryId: 'd', eventId: 'e', eventType: 'order.created', attempts: 2, at: SENT_AT },
          ...{ statusCode: 500, answer: 'the answer', reason: 'Every attempt failed' },
        },
      },
    ]);
  });

  const FIVE_DAYS_MS = 5 * 24 * 3_600_000;
  const daysOn = (ms: number) => new Date(Date.parse(DECIDED_AT) + ms).toISOString();
  const failingSince = Date.parse(DECIDED_AT);
  const retried = [
    { kind: 'put', row: { deliveryId: 'd', status: 'PENDING' } },
    { kind: 'schedule', payload: { failures: 1 } },
  ];

  test.each([
    ['the first', null, DECIDED_AT, [{ kind: 'put', row: { enabled: true, failingSince, sequence: 4 } }]],
    ['one more, before five days are over,', failingSince, daysOn(FIVE_DAYS_MS - 1), []],
    [
      'the first after five days',
      failingSince,
      daysOn(FIVE_DAYS_MS),
      [
        {
          kind: 'put',
          row: { enabled: false, disabledReason: 'Nothing but failures for 5 days', sequence: 5 },
        },
        { kind: 'append', row: { subscriptionId: 's', eventTypes: [] } },
        {
          ...{ kind: 'emit', event: { type: 'webhook.subscriptionDisabled' }, subject: 's', sequence: 5 },
          data: { reason: 'Nothing but failures for 5 days', deliveryId: 'd', attempts: 1, statusCode: 500 },
        },
      ],
    ],
  ])(
    'that fails, %s in a row, counts for its subscription before its delivery ends',
    async (_which, since, decidedAt, failing) => {
      await store(true, false);
      const effects = await run({ result: anAnswer(500), failingSince: since, decidedAt });
      expect(effects).toHaveLength(4 + failing.length);
      expect(effects).toMatchObject([
        { kind: 'append', row: { statusCode: 500 } },
        counted,
        ...failing,
        ...retried,
      ]);
    },
  );

  test('that arrives ends the count, one that is held back is no failure', async () => {
    await store(true, false);
    const decidedAt = daysOn(FIVE_DAYS_MS);
    expect(await run({ failingSince, decidedAt })).toMatchObject([
      { kind: 'append' },
      counted,
      { kind: 'put', row: { status: 'DELIVERED' } },
      { kind: 'put', row: { subscriptionId: 's', enabled: true, failingSince: null } },
    ]);
    const held = { kind: 'not-attempted', reason: 'busy', detail: 'full', retryAfterMs: 250 } as const;
    expect(await run({ failingSince, decidedAt, result: held })).toMatchObject([
      { kind: 'put', row: { deliveryId: 'd' } },
      { kind: 'schedule' },
    ]);
  });

  test('that ends its delivery after five days tells both: that it failed, and that nothing more is sent', async () => {
    await store(true, false);
    const failed = { result: anAnswer(500), failures: 1, failingSince, decidedAt: daysOn(FIVE_DAYS_MS) };
    expect(await run(failed)).toMatchObject([
      { kind: 'append' },
      counted,
      { kind: 'put', row: { status: 'FAILED' } },
      {
        kind: 'put',
        row: { enabled: false, disabledReason: 'Nothing but failures for 5 days', sequence: 6 },
      },
      { kind: 'append', row: { subscriptionId: 's', eventTypes: [] } },
      { kind: 'emit', event: { type: 'webhook.deliveryFailed' }, sequence: 5 },
      { kind: 'emit', event: { type: 'webhook.subscriptionDisabled' }, sequence: 6 },
    ]);
  });

  test('answered with 410 disables the subscription and publishes an event for each', async () => {
    await store(true, false);
    expect(await run({ result: anAnswer(410) })).toMatchObject([
      { kind: 'append', row: { statusCode: 410 } },
      counted,
      { kind: 'put', row: { status: 'FAILED' } },
      { kind: 'put', row: { sequence: 6, enabled: false, disabledReason: 'The endpoint answered 410 Gone' } },
      { kind: 'append', row: { subscriptionId: 's', at: DECIDED_AT, eventTypes: [] } },
      { kind: 'emit', event: { type: 'webhook.deliveryFailed' }, sequence: 5 },
      { kind: 'emit', event: { type: 'webhook.subscriptionDisabled' }, sequence: 6 },
    ]);
  });

  test.each([
    ['fails', anAnswer(500), 0],
    ['was the last of the schedule', anAnswer(500), 1],
    ['finds that its receiver is gone', anAnswer(410), 0],
  ])(
    'to a target that staff changed meanwhile counts for nothing when it %s: the event goes to the new one at once',
    async (_what, result, failures) => {
      await store(true, false);
      const effects = await run({ result, failures, target: 'https://another.example.com/' });
      expect(effects).toMatchObject([
        { kind: 'append', row: { at: SENT_AT } },
        { kind: 'put', row: { hour: counted.row.hour, attempts: 1, delivered: 0, failed: 0, dropped: 0 } },
        { kind: 'put', row: { deliveryId: 'd', status: 'PENDING', nextAttemptAt: DECIDED_AT } },
        { kind: 'schedule', dueAt: DECIDED_AT, payload: { failures, manual: false } },
      ]);
    },
  );

  test('that arrived at the former target has arrived', async () => {
    await store(true, false);
    const effects = await run({ target: 'https://another.example.com/' });
    expect(effects).toMatchObject([
      { kind: 'append' },
      { kind: 'put', row: { hour: counted.row.hour, attempts: 1, delivered: 1 } },
      { kind: 'put', row: { status: 'DELIVERED' } },
    ]);
  });

  test.each([
    ['arrives', anAnswer(204), 'DELIVERED', { statusCode: 204 }],
    ['fails', anAnswer(500), 'FAILED', { statusCode: 500 }],
    ['finds that the receiver is gone', anAnswer(410), 'FAILED', { statusCode: 410 }],
    ['finds that the receiver has moved', moved, 'FAILED', { statusCode: 400, note }],
  ])(
    'of a test is its only one and counts for nothing when it %s, though every attempt has failed for five days',
    async (_what, result, status, row) => {
      await store(false, false);
      const eventType = 'webhook.test';
      const decidedAt = daysOn(FIVE_DAYS_MS);
      const effects = await run({ eventType, manual: true, result, failingSince, decidedAt });
      expect(sent).toMatchObject([{ force: true }]);
      expect(effects).toEqual([
        expect.objectContaining({
          kind: 'append',
          row: expect.objectContaining({ deliveryId: 'd', ...row }),
        }),
        expect.objectContaining({
          kind: 'put',
          row: expect.objectContaining({ deliveryId: 'd', status, nextAttemptAt: null }),
        }),
      ]);
    },
  );

  test('of a test is made later where a limit held it back, and never to a subscription that is deleted', async () => {
    const eventType = 'webhook.test';
    await store(true, true);
    expect(await run({ eventType, manual: true })).toMatchObject([
      { kind: 'append', row: { error: 'not sent: the subscription was deleted' } },
      { kind: 'put', row: { status: 'DROPPED', nextAttemptAt: null } },
    ]);
    expect(sent).toEqual([]);
    await database.transaction(
      (sql) => sql.run(statement('UPDATE subscriptions SET deleted = 0')),
      ['default'],
    );
    const held = { kind: 'not-attempted', reason: 'throttled', detail: 'full', retryAfterMs: 250 } as const;
    expect(await run({ eventType, manual: true, result: held })).toMatchObject([
      { kind: 'put', row: { status: 'PENDING' } },
      { kind: 'schedule', key: BY_HAND, payload: { failures: 0, manual: true } },
    ]);
  });

  test.each([
    ['deleted', true, true, false, 'not sent: the subscription was deleted'],
    ['deleted', true, true, true, 'not sent: the subscription was deleted'],
    ['disabled', false, false, false, 'not sent: the subscription is disabled: by hand'],
  ])(
    'to a %s subscription is not made, and the history says so',
    async (_state, enabled, deleted, manual, error) => {
      await store(enabled, deleted);
      expect(await run({ manual })).toMatchObject([
        { kind: 'append', row: { at: SENT_AT, statusCode: null, durationMs: 0, error } },
        { kind: 'put', row: { hour: counted.row.hour, dropped: 1, attempts: 0, lastError: error } },
        { kind: 'put', row: { status: 'DROPPED', nextAttemptAt: null } },
        // Who asked for it by hand was answered 202, and hears of it.
        ...(manual
          ? [
              { kind: 'put', row: { sequence: 5 } },
              {
                ...{ kind: 'emit', event: { type: 'webhook.deliveryFailed' }, sequence: 5 },
                data: {
                  deliveryId: 'd',
                  eventId: 'e',
                  reason: 'Not sent: the subscription was deleted',
                  error,
                },
              },
            ]
          : []),
      ]);
      expect(sent).toEqual([]);
    },
  );

  test('by hand goes to a disabled subscription, too, and round the pace of its endpoint', async () => {
    await store(false, false);
    const effects = await run({ manual: true, result: anAnswer(500) });
    expect(sent).toMatchObject([{ event: { eventId: 'e' }, force: true }]);
    expect(effects.at(-1)).toMatchObject({
      kind: 'schedule',
      key: BY_HAND,
      payload: { subscriptionId: 's', failures: 1, manual: true },
    });
  });

  test.each([
    ['shorter than the first step of the schedule', 9, { failures: 1, skipped: 0 }, 10],
    ['longer', 10, { failures: 1, skipped: 1 }, 30],
    ['longer than the whole schedule', 40, undefined, 0],
  ])(
    'that waited for its endpoint %s is so much further in the schedule',
    async (_title, waited, payload, pause) => {
      await store(true, false);
      const wantedAt = new Date(Date.parse(SENT_AT) - waited * 1_000).toISOString();
      const effects = await run({
        wantedAt,
        heldSince: 0,
        scheduleSeconds: [10, 30],
        result: anAnswer(500),
      });
      const dueAt = new Date(Date.parse(DECIDED_AT) + pause * 1_000).toISOString();
      if (payload) expect(effects.at(-1)).toMatchObject({ kind: 'schedule', dueAt, payload });
      else
        expect(effects).toContainEqual(
          expect.objectContaining({ row: expect.objectContaining({ status: 'FAILED' }) }),
        );
    },
  );

  test.each([
    ['was not left alone', undefined],
    ['is left alone since 9 seconds ago', Date.parse(SENT_AT) - 9_000],
  ])('that waited for an hour while its endpoint %s has its whole schedule', async (_title, heldSince) => {
    await store(true, false);
    const wantedAt = new Date(Date.parse(SENT_AT) - 3_600_000).toISOString();
    const effects = await run({ wantedAt, heldSince, result: anAnswer(500) });
    expect(effects.at(-1)).toMatchObject({ kind: 'schedule', payload: { failures: 1, skipped: 0 } });
  });

  test('that a limit held back goes on waiting since then', async () => {
    await store(true, false);
    const wantedAt = new Date(Date.parse(SENT_AT) - 5_000).toISOString();
    const busy = { kind: 'not-attempted', reason: 'busy', detail: 'full', retryAfterMs: 250 } as const;
    const effects = await run({ wantedAt, result: busy });
    expect(effects).toHaveLength(2);
    expect(effects.at(-1)).toMatchObject({ kind: 'schedule', key: 's', payload: { wantedAt, failures: 0 } });
  });
});

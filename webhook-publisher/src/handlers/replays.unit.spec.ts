import { type Message, newId } from '@comanda/contracts';
import { type Effect, ENTROPY, type Handler } from '@comanda/messaging';
import { expect, test } from '@jest/globals';
import { cancelReplay } from './cancel-replay.js';
import { startReplay } from './start-replay.js';

const [subscriptionId, replayId] = [newId(), newId()];
const NOW = '2027-02-02T00:00:00.000Z';
const since = '2027-02-01T00:00:00.000Z';
const subscription = { subscriptionId, enabled: true, deleted: false };
const replay = {
  ...{
    tenantId: 'default',
    replayId,
    subscriptionId,
    status: 'RUNNING',
    since,
    until: NOW,
    eventTypes: null,
  },
  ...{ onlyFailed: false, position: '0192d1a4-9000-7000-8000-000000000000', scheduled: 3, skipped: 4 },
  ...{ reason: null, createdAt: NOW, endedAt: null, runningFor: subscriptionId },
};

const decide = (handler: Handler, data: object, rows: object): readonly Effect[] =>
  handler.decide(
    { tenantid: 'default', data } as Message<unknown> as never,
    { running: [], ...rows } as never,
    { ...ENTROPY, now: NOW },
  );
const start = (rows: object, data: object = {}) =>
  decide(startReplay, { replayId, subscriptionId, since, onlyFailed: false, ...data }, rows);
const cancel = (rows: object) => decide(cancelReplay, { replayId, subscriptionId }, rows);
const refused = (status: number, code: string) => [
  { kind: 'respond', reply: { ok: false, refusal: { status, code } } },
];

test('a replay begins before the first event of its range, and is due at once', () => {
  expect(start({ subscription })).toMatchObject([
    { kind: 'put', row: { status: 'RUNNING', until: NOW, scheduled: 0, runningFor: subscriptionId } },
    { kind: 'schedule', work: 'replay', id: replayId, dueAt: NOW },
    { kind: 'respond', reply: { ok: true, result: { replayId, status: 'RUNNING', reachedAt: since } } },
  ]);
});

test.each([
  ['of nothing', {}, {}, 404, 'UNKNOWN_SUBSCRIPTION'],
  ['of a deleted subscription', { subscription: { deleted: true } }, {}, 404, 'UNKNOWN_SUBSCRIPTION'],
  ['of a disabled one', { subscription: { enabled: false } }, {}, 409, 'SUBSCRIPTION_DISABLED'],
  ['beside another one', { subscription, running: [{ replayId: newId() }] }, {}, 409, 'REPLAY_RUNNING'],
  ['of no time at all', { subscription }, { until: since }, 400, 'BAD_RANGE'],
  ['of the future', { subscription }, { since: '2028-01-01T00:00:00.000Z' }, 400, 'BAD_RANGE'],
  ['of what nobody tells', { subscription }, { eventTypes: ['order.lost'] }, 400, 'UNKNOWN_EVENT_TYPE'],
])('a replay %s is refused, and nothing is done', (_, rows, data, status, code) => {
  expect(start(rows, data)).toMatchObject(refused(status, code));
});

test('asked for twice under one id it is one replay, whatever became of it', () => {
  const existing = { ...replay, status: 'DONE', endedAt: NOW };
  const rows = { existing, subscription: { ...subscription, enabled: false } };
  expect(start(rows)).toMatchObject([{ kind: 'respond', reply: { ok: true, result: { status: 'DONE' } } }]);
});

test('a replay that is cancelled has ended, and its work is struck out', () => {
  expect(cancel({ replay })).toMatchObject([
    { kind: 'put', row: { status: 'CANCELLED', endedAt: NOW, runningFor: null, scheduled: 3 } },
    { kind: 'cancel', work: 'replay', id: replayId },
    { kind: 'respond', reply: { ok: true, result: { status: 'CANCELLED', scheduled: 3 } } },
  ]);
});

test('one that has ended stays as it is; what is unknown or of another subscription is refused', () => {
  for (const status of ['CANCELLED', 'DONE', 'FAILED'])
    expect(cancel({ replay: { ...replay, status } })).toMatchObject([
      { kind: 'respond', reply: { ok: true, result: { status } } },
    ]);
  expect(cancel({})).toMatchObject(refused(404, 'UNKNOWN_REPLAY'));
  expect(cancel({ replay: { ...replay, subscriptionId: newId() } })).toMatchObject(
    refused(404, 'UNKNOWN_REPLAY'),
  );
});

import { Housekeeper } from '@comanda/operations';
import { statement } from '@comanda/storage';
import { useDatabase } from '@comanda/test-kit/hooks';
import { beforeEach, expect, test } from '@jest/globals';
import { IdempotencyKeys, idempotencyRetentions, type KeyScope } from './idempotency-keys.js';
import { KeptCommands } from './kept-commands.js';
import { migrations } from './migrations.js';

const scope: KeyScope = { tenantId: 'default', caller: 'ana', route: 'POST /orders', key: 'k' };
const answer = { status: 202, headers: { location: '/orders/1' }, body: '{"orderId":"1"}' };
const HOUR = 3_600_000;

const database = useDatabase(migrations);
let now: number;
let keys: IdempotencyKeys;
beforeEach(() => {
  now = Date.parse('2026-01-01T12:00:00.000Z');
  keys = new IdempotencyKeys(database, () => now);
});

const count = async () =>
  (await database.acrossTenants.read(statement('SELECT * FROM idempotency_keys'))).length;

test('of many claims at once one is granted', async () => {
  const claims = await Promise.all(Array.from({ length: 50 }, () => keys.claim(scope, 'hash')));
  expect(claims.filter(({ kind }) => kind === 'claimed')).toHaveLength(1);
  expect(claims.filter(({ kind }) => kind === 'in-flight')).toHaveLength(49);
});

test('an answer is given again, also by another process on the same database', async () => {
  await keys.claim(scope, 'hash');
  await keys.finish(scope, answer);
  expect(await keys.claim(scope, 'hash')).toEqual({ kind: 'answered', answer });
  expect(await new IdempotencyKeys(database, () => now).claim(scope, 'hash')).toEqual({
    kind: 'answered',
    answer,
  });
  expect(await keys.claim(scope, 'another')).toEqual({ kind: 'other-body' });
  expect((await keys.claim({ ...scope, tenantId: 'other' }, 'hash')).kind).toBe('claimed');
});

test('a request whose process died is taken over after a minute, with the same body only', async () => {
  await keys.claim(scope, 'hash');
  now += 60_000;
  expect((await keys.claim(scope, 'hash')).kind).toBe('in-flight');
  now += 1;
  expect((await keys.claim(scope, 'another')).kind).toBe('other-body');
  expect(await keys.claim(scope, 'hash')).toEqual({ kind: 'claimed', again: true });
  expect((await keys.claim(scope, 'hash')).kind).toBe('in-flight');
});

test('a freed key may be claimed again; an answer is not freed', async () => {
  await keys.claim(scope, 'hash');
  await keys.free(scope);
  expect(await keys.claim(scope, 'another')).toEqual({ kind: 'claimed', again: false });
  await keys.finish(scope, answer);
  await keys.free(scope);
  expect((await keys.claim(scope, 'another')).kind).toBe('answered');
});

test('a key whose request failed is left to the same request, at once', async () => {
  await keys.claim(scope, 'hash');
  await keys.fail(scope);
  expect((await keys.claim(scope, 'another')).kind).toBe('other-body');
  expect(await keys.claim(scope, 'hash')).toEqual({ kind: 'claimed', again: true });
  expect((await keys.claim(scope, 'hash')).kind).toBe('in-flight');
  await keys.finish(scope, answer);
  await keys.fail(scope);
  expect((await keys.claim(scope, 'hash')).kind).toBe('answered');
});

test('answers are kept for a day; after that a key is left to the same request, until it goes', async () => {
  const old = Array.from({ length: 1_200 }, (_, at) => ({ ...scope, key: `k${at}` }));
  await Promise.all(old.map((one) => keys.claim(one, 'hash')));
  await keys.finish({ ...scope, key: 'k0' }, answer);
  const housekeeper = new Housekeeper({
    database,
    retentions: idempotencyRetentions(90),
    everySeconds: 3600,
    clock: () => new Date(now),
    logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  });
  now += 24 * HOUR;
  await keys.claim(scope, 'hash');
  await keys.finish(scope, answer);
  await housekeeper.clean();
  expect(await keys.claim({ ...scope, key: 'k0' }, 'hash')).toEqual({ kind: 'answered', answer });

  now += 1 * HOUR + 1;
  await housekeeper.clean();
  expect(await count()).toBe(1_201);
  for (const key of ['k0', 'k1', 'k1199']) {
    expect((await keys.claim({ ...scope, key }, 'another')).kind).toBe('other-body');
    expect((await keys.claim({ ...scope, key }, 'hash')).kind).toBe('claimed');
  }
  expect((await keys.claim(scope, 'hash')).kind).toBe('answered');

  now += 89 * 24 * HOUR - 1;
  await housekeeper.clean();
  // Those three were used again later, and the one after them is not ninety days old.
  expect(await count()).toBe(1_201 - 1_197);
});

test('an answer is never there without the command that it is about, where commands are kept', async () => {
  const logger = { warn: () => {} };
  const kept = new KeptCommands(database, logger);
  const keeping = new IdempotencyKeys(database, () => now, kept);
  await keeping.claim(scope, 'hash');
  kept.keep({ messageId: 'm1', type: 'orders.create', body: '{}' });
  await keeping.finish(scope, answer);
  const all = statement('SELECT message_id FROM outbox_kept');
  expect(await database.read(all)).toEqual([{ message_id: 'm1' }]);
  await kept.flush();
  expect(await database.read(all)).toHaveLength(1);
});

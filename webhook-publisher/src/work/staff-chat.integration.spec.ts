import { newId } from '@comanda/contracts';
import { ENTROPY } from '@comanda/messaging';
import { type Database, selectList, statement } from '@comanda/storage';
import { Folder, openTestDatabase } from '@comanda/test-kit';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { migrations } from '../storage/migrations.js';
import { type Subscription, subscriptionChanges, subscriptions } from '../storage/tables.js';
import { keepStaffChat, STAFF_EVENTS } from './staff-chat.js';

const ALL = statement(
  `SELECT ${selectList(subscriptions.columns, 's')} FROM subscriptions s WHERE s.tenant_id = $1 ORDER BY s.created_at`,
);
const WANTED = statement(
  `SELECT ${selectList(subscriptionChanges.columns, 'c')} FROM subscription_changes c WHERE c.tenant_id = $1
   ORDER BY c.change_id`,
);

let folder: Folder;
let database: Database;
beforeEach(async () => {
  folder = new Folder();
  database = await openTestDatabase(folder.file('webhooks.db'), migrations);
});
afterEach(async () => {
  await database.close();
  folder.remove();
});

const start = (chat?: string) => keepStaffChat(chat, database, { ...ENTROPY, now: new Date().toISOString() });
const all = async (): Promise<Subscription[]> =>
  subscriptions.decodeAll(await database.of('default').read(ALL, 'default'));
const wanted = async () =>
  subscriptionChanges
    .decodeAll(await database.of('default').read(WANTED, 'default'))
    .map((one) => one.eventTypes);
const made = async (): Promise<Subscription> => {
  await start('-100');
  const [subscription] = await all();
  if (!subscription) throw new Error('none was made');
  return subscription;
};
/** What staff do by the API. */
const change = (row: Subscription) =>
  database.transaction((sql) => sql.saveRows(subscriptions, [subscriptions.encode(row)]), ['default']);

describe("the staff's chat", () => {
  test('has one subscription from the first start that names it, however many instances start', async () => {
    await start();
    expect(await all()).toEqual([]);
    await Promise.all([start('-100'), start('-100')]);
    await start('-100');
    const subscription = { channel: 'telegram', target: '-100', eventTypes: STAFF_EVENTS, enabled: true };
    expect(await all()).toMatchObject([{ ...subscription, locale: 'en', liveTenantId: 'default' }]);
    expect(await wanted()).toEqual([STAFF_EVENTS]);
  });

  test('is what staff made of it, whatever starts: changed, disabled, moved, deleted', async () => {
    const before = await made();
    const changed = { ...before, target: '-200', eventTypes: ['order.*'], enabled: false };
    await change(changed);
    await start('-100');
    await start();
    expect(await all()).toEqual([changed]);
    const deleted = { ...changed, deleted: true, liveTenantId: null };
    await change(deleted);
    for (const chat of ['-100', '-300', '-100']) await start(chat);
    expect(await all()).toEqual([deleted]);
    expect(await wanted()).toEqual([STAFF_EVENTS]);
  });

  test('moves when another one is named; what disabled the former one does not count any more', async () => {
    const before = await made();
    await change({ ...before, enabled: false, disabledReason: 'Telegram answered 403', failingSince: 1 });
    await start('-300');
    expect(await all()).toEqual([{ ...before, target: '-300' }]);
    expect(await wanted()).toEqual([STAFF_EVENTS, STAFF_EVENTS]);
    // By hand, without a reason of ours.
    await change({ ...before, target: '-300', enabled: false });
    await start('@staff_of_ours');
    expect(await all()).toEqual([{ ...before, target: '@staff_of_ours', enabled: false }]);
    expect(await wanted()).toHaveLength(2);
  });

  test('that staff had subscribed before gets no second subscription', async () => {
    const own = { ...(await made()), subscriptionId: newId(), eventTypes: ['*'], target: '-900' };
    await database.close();
    folder.remove();
    folder = new Folder();
    database = await openTestDatabase(folder.file('webhooks.db'), migrations);
    await change(own);
    await start('-900');
    expect(await all()).toEqual([own]);
    await start('-100');
    expect(await all()).toEqual([{ ...own, target: '-100' }]);
  });
});

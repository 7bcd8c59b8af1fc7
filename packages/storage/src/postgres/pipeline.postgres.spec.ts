import { Folder, openTestDatabase } from '@comanda/test-kit';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { OutboxPage } from '../outbox-row.js';
import { statement } from '../statement.js';
import type { Database } from '../store.js';

const NOW = '2026-01-01T00:00:10.000Z';
const ALL: OutboxPage = { after: '', before: '2027-01-01T00:00:00.000Z', limit: 10 };
const event = (messageId: string) => ({ messageId, type: 'book.lent', body: '{}' });

let folder: Folder;
let database: Database;
let other: Database;
beforeEach(async () => {
  folder = new Folder();
  database = await openTestDatabase(folder.file('store.db'));
  other = await openTestDatabase(folder.file('store.db'));
});
afterEach(async () => {
  await other.close();
  await database.close();
  folder.remove();
});

const inOutbox = async () => (await database.outboxPage(ALL)).map(({ messageId }) => messageId);

test('what a transaction writes waits for nobody before its end', async () => {
  let wrote = false;
  const both = await other.transaction(async (theirs) => {
    await theirs.addToOutbox([event('a')], NOW);
    await theirs.claimInbox(['theirs'], NOW); // the answer comes after their event is there
    const ours = database.transaction(async (t) => {
      await t.addToOutbox([event('a')], NOW); // waits in the server for their end
      await t.addToOutbox([event('b')], NOW);
      wrote = true;
    });
    ours.catch(() => undefined);
    while (!wrote) await new Promise(setImmediate);
    return { ours };
  });
  await expect(both.ours).rejects.toThrow(/unique/);
  expect(await inOutbox()).toEqual(['a']);
});

test('a write that fails is told by what is asked next, and nothing after it counts', async () => {
  await database.transaction((t) => t.addToOutbox([event('a')], NOW));
  const tries: string[] = [];
  const asked = database.transaction(async (t) => {
    tries.push('asked');
    await t.addToOutbox([event('b'), event('a')], NOW);
    await t.addToOutbox([event('c')], NOW);
    await t.claimInbox(['m'], NOW);
    tries.push('not reached');
  });
  await expect(asked).rejects.toMatchObject({ code: '23505' });
  expect(new Set(tries)).toEqual(new Set(['asked']));
  const committed = database.transaction(async (t) => {
    await t.addToOutbox([event('b')], NOW);
    await t.run(statement('SELECT 1'));
    await t.addToOutbox([event('a')], NOW);
    await t.addToOutbox([event('c')], NOW);
  });
  await expect(committed).rejects.toMatchObject({ code: '23505' });
  expect(await inOutbox()).toEqual(['a']);
  // The connection is as good as before.
  await database.transaction((t) => t.addToOutbox([event('d')], NOW));
  expect(await inOutbox()).toEqual(['a', 'd']);
});

import { Folder, testDatabaseUrl } from '@comanda/test-kit';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { keepSent, keptMessagesRetention, sayAgain } from './kept-messages.js';
import { openDatabase } from './open.js';
import { statement } from './statement.js';
import type { Database } from './store.js';

const NOW = '2026-01-01T00:00:00.000Z';
const event = (messageId: string) => ({ messageId, type: 'book.lent', body: `{"id":"${messageId}"}` });
const KEPT = statement(
  'SELECT message_id, type, body, created_at, confirmed_at FROM outbox_kept ORDER BY position',
);

let folder: Folder;
let database: Database;
const open = (keepConfirmed: boolean) =>
  openDatabase(testDatabaseUrl(folder.file('kept.db')), [], undefined, { keepConfirmed });
beforeEach(async () => {
  folder = new Folder();
  database = await open(true);
});
afterEach(async () => {
  await database.close();
  folder.remove();
});

const kept = async (): Promise<string[]> => (await database.read(KEPT)).map((row) => String(row.message_id));
const outbox = async (): Promise<string[]> =>
  (await database.outboxPage({ after: '', before: '9', limit: 5_000 })).map(({ messageId }) => messageId);
const add = (...ids: string[]) => database.transaction((t) => t.addToOutbox(ids.map(event), NOW));
const confirm = (...ids: string[]) => database.transaction((t) => t.removeFromOutbox(ids));

test('what is confirmed leaves the outbox and is kept as it was, in that order', async () => {
  const begun = new Date(Date.now() - 1_000).toISOString();
  await add('a', 'b', 'c', 'd');
  await confirm('c', 'never there');
  await confirm('a');
  expect(await outbox()).toEqual(['b', 'd']);
  const rows = await database.read(KEPT);
  expect(rows.map(({ confirmed_at: _, ...row }) => row)).toEqual(
    ['c', 'a'].map((id) => ({ message_id: id, type: 'book.lent', body: `{"id":"${id}"}`, created_at: NOW })),
  );
  for (const { confirmed_at: at } of rows) {
    expect(String(at)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(String(at) > begun).toBe(true);
  }
});

test('nothing is kept unless it is asked for', async () => {
  await database.close();
  database = await open(false);
  await add('a');
  await confirm('a');
  expect([await outbox(), await kept()]).toEqual([[], []]);
});

test('it is said again once, with what had no outbox, and what waits already is not doubled', async () => {
  const many = Array.from({ length: 2_500 }, (_, at) => `m${String(at).padStart(4, '0')}`);
  await add(...many, 'waits');
  await confirm(...many);
  await database.transaction((sql) => keepSent(sql, [event('sent'), event('waits')], NOW));
  expect(await sayAgain(database)).toBe(2_502);
  expect(await outbox()).toEqual([...many, 'sent', 'waits']);
  expect(await kept()).toEqual([]);
  expect(await sayAgain(database)).toBe(0);
  // Confirmed once more, it is kept once more.
  await confirm('sent');
  expect(await kept()).toEqual(['sent']);
});

test('what is old goes, so many at a time, and nothing younger', async () => {
  const at = (second: number) => `2026-01-01T00:00:0${second}.000Z`;
  for (const second of [1, 2, 3, 4])
    await database.transaction((sql) => keepSent(sql, [event(String(second))], at(second)));
  const retention = keptMessagesRetention(900);
  expect(retention.keptDays * 24 * 3600).toBe(900);
  const remove = (before: string, limit: number) =>
    database.transaction((t) => retention.remove(t, { before, limit }));
  expect(await remove(at(1), 9)).toBe(0);
  expect(await remove(at(4), 2)).toBe(2);
  expect(await kept()).toEqual(['3', '4']);
  expect(await remove(at(4), 2)).toBe(1);
  expect(await kept()).toEqual(['4']);
});

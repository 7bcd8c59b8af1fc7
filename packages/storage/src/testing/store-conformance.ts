import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { createMigration } from '../migration.js';
import { EVERY_TENANT, type Store, type Transaction } from '../store.js';
import { type RowOf, table } from '../table.js';
import type { WorkRow } from '../work-row.js';

const columns = {
  tenantId: z.string(),
  id: z.string(),
  shelf: z.string().nullable(),
  pages: z.number().int().nullable(),
  lent: z.boolean(),
  tags: z.array(z.string()),
};
const books = table('books', ['tenantId', 'id'], columns);
type Book = RowOf<typeof columns>;

/** Makes the table that the suite works with, where a store needs it to be made. */
export const createBooks = createMigration('Books1790000000000', ({ text, integer, withoutRowid }) => [
  `CREATE TABLE books (
     tenant_id ${text} NOT NULL, id ${text} NOT NULL, shelf ${text}, pages ${integer}, lent ${integer} NOT NULL,
     tags ${text} NOT NULL, PRIMARY KEY (tenant_id, id)
   ) ${withoutRowid}`,
  'CREATE INDEX books_by_shelf ON books (tenant_id, shelf)',
]);

export interface OpenedStore {
  readonly store: Store;
  /** The same rows in the hands of a second process, where two may write at the same time. */
  readonly other?: Store;
  close(): Promise<void>;
}

const NOW = '2026-01-01T00:00:10.000Z';
const LATER = '2026-01-01T00:01:00.000Z';
const second = (at: number): string => `2026-01-01T00:00:${String(at).padStart(2, '0')}.000Z`;

const book = (id: string, rest: Partial<Book> = {}): Book => ({
  tenantId: 'ana',
  id,
  shelf: 'a',
  pages: 100,
  lent: false,
  tags: [],
  ...rest,
});
const stored = (...rows: readonly Book[]) => books.encodeAll(rows);

const job = (id: string, rest: Partial<WorkRow> = {}): WorkRow => ({
  kind: 'lend',
  id,
  tenantId: 'ana',
  key: '',
  dueAt: second(1),
  attempt: 0,
  fence: 1,
  payload: { id },
  cause: { id: 'cause', tenantid: 'ana', correlationid: 'test' },
  ...rest,
});
const claim = { kind: 'lend', now: NOW, until: LATER, limit: 10, fence: 5, key: '' };

const ids = (rows: readonly object[]): string[] =>
  rows.map((row) => ('id' in row ? String(row.id) : '')).sort();

/**
 * What the runtime relies on, whatever a store is made of.
 *
 * @param open opens a fresh store before each test
 * @param twoWriters whether two processes may write at the same time; `open` then gives both
 */
export function testStore(open: () => Promise<OpenedStore>, { twoWriters }: { twoWriters: boolean }): void {
  let opened: OpenedStore;
  beforeEach(async () => {
    opened = await open();
  });
  afterEach(() => opened.close());

  const write = <T>(work: (transaction: Transaction) => Promise<T>, store = opened.store): Promise<T> =>
    store.transaction(work, EVERY_TENANT);
  const find = (id: string, tenantId = 'ana') => opened.store.of(tenantId).find(books.read(tenantId, id));

  describe('the inbox', () => {
    test('is claimed once for each message', async () => {
      expect(await write((t) => t.claimInbox(['b', 'a'], NOW))).toEqual(new Set(['a', 'b']));
      expect(await write((t) => t.claimInbox(['c', 'b', 'a'], NOW))).toEqual(new Set(['c']));
      expect(await write((t) => t.claimInbox([], NOW))).toEqual(new Set());
    });

    test('lets a message be claimed again that was forgotten, or whose transaction failed', async () => {
      await write((t) => t.claimInbox(['a', 'b'], NOW));
      await write((t) => t.forgetInbox(['b', 'never there']));
      const failed = write(async (t) => {
        await t.claimInbox(['c'], NOW);
        throw new Error('not today');
      });
      await expect(failed).rejects.toThrow('not today');
      expect(await write((t) => t.claimInbox(['a', 'b', 'c'], NOW))).toEqual(new Set(['b', 'c']));
    });

    test('forgets what is old, the oldest first', async () => {
      for (const at of [3, 1, 2, 4]) await write((t) => t.claimInbox([`at ${at}`], second(at)));
      const before = second(4);
      expect(await write((t) => t.removeOldInbox({ before, limit: 2 }))).toBe(2);
      expect(await write((t) => t.claimInbox(['at 1', 'at 2', 'at 3', 'at 4'], NOW))).toEqual(
        new Set(['at 1', 'at 2']),
      );
      expect(await write((t) => t.removeOldInbox({ before, limit: 9 }))).toBe(1);
      expect(await write((t) => t.removeOldInbox({ before, limit: 9 }))).toBe(0);
    });
  });

  describe('rows', () => {
    const odd = book('odd', { shelf: `'"\\ 🍽`, pages: null, lent: true, tags: ['ü', '"'] });

    test('come back as they were written, by their keys; those that are not there do not', async () => {
      await write((t) => t.insertRows(books, stored(book('a', { pages: 0 }), odd, book('c'))));
      for (const lock of [true, false]) {
        const keys = [
          ['ana', 'odd'],
          ['ana', 'a'],
          ['ana', 'z'],
          ['ben', 'c'],
        ];
        const found = await write((t) => t.loadRows({ table: books, keys, lock }));
        expect(found).toHaveLength(2);
        expect(found).toEqual(expect.arrayContaining([odd, book('a', { pages: 0 })]));
      }
      expect(await find('odd')).toEqual(odd);
      expect(await find('z')).toBeUndefined();
    });

    test('of two tenants with the same id are two', async () => {
      const theirs = book('a', { tenantId: 'ben', pages: 7 });
      await write((t) => t.insertRows(books, stored(book('a'), theirs)));
      await write((t) => t.saveRows(books, stored({ ...theirs, pages: 8 })));
      expect([(await find('a'))?.pages, (await find('a', 'ben'))?.pages]).toEqual([100, 8]);
    });

    test('are found by the values of other columns', async () => {
      const [a, b, c] = [book('a'), book('b', { shelf: 'b' }), book('c', { shelf: 'c' })];
      await write((t) => t.insertRows(books, stored(a, b, c, book('d', { tenantId: 'ben' }))));
      for (const lock of [true, false]) {
        const values = [
          ['ana', 'a'],
          ['ana', 'c'],
        ];
        const found = await write((t) =>
          t.loadMatching({ table: books, columns: ['tenantId', 'shelf'], values, lock }),
        );
        expect(ids(found)).toEqual(['a', 'c']);
      }
    });

    test('that are saved replace those with the same key, as a whole', async () => {
      await write((t) => t.insertRows(books, stored(odd)));
      await write((t) => t.saveRows(books, stored(book('odd', { pages: 5 }), book('new'))));
      expect(await find('odd')).toEqual(book('odd', { pages: 5 }));
      expect(await find('new')).toEqual(book('new'));
    });

    test('that are updated have new values in the columns that are named, and in no others', async () => {
      await write((t) => t.insertRows(books, stored(odd, book('a'), book('b'))));
      await write((t) => t.insertRows(books, stored(book('a', { tenantId: 'ben' }))));
      const columns = ['pages', 'tags', 'shelf'];
      const tags = JSON.stringify(['new']);
      await write((t) =>
        t.updateRows(books, columns, [
          [7, tags, null, 'ana', 'a'],
          [null, '[]', 'x', 'ana', 'odd'],
          [1, '[]', 'x', 'ana', 'never there'],
        ]),
      );
      expect(await find('a')).toEqual(book('a', { pages: 7, tags: ['new'], shelf: null }));
      expect(await find('odd')).toEqual({ ...odd, pages: null, tags: [], shelf: 'x' });
      expect([await find('b'), await find('never there')]).toEqual([book('b'), undefined]);
      expect(await find('a', 'ben')).toEqual(book('a', { tenantId: 'ben' }));
    });

    test('that are inserted replace none: the transaction fails and leaves nothing', async () => {
      await write((t) => t.insertRows(books, stored(book('a'))));
      const failed = write(async (t) => {
        await t.saveRows(books, stored(book('b')));
        await t.insertRows(books, stored(book('c'), book('a', { pages: 1 })));
      });
      await expect(failed).rejects.toThrow(/unique/i);
      expect([await find('a'), await find('b'), await find('c')]).toEqual([book('a'), undefined, undefined]);
    });

    test('are seen by their own transaction at once, and by readers when it is committed', async () => {
      await write(async (t) => {
        await t.insertRows(books, stored(book('a')));
        const keys = [['ana', 'a']];
        expect(await t.loadRows({ table: books, keys, lock: true })).toEqual([book('a')]);
        expect(await find('a')).toBeUndefined();
      });
      expect(await find('a')).toEqual(book('a'));
    });

    test('of none, nothing is loaded or written', async () => {
      const columns = ['tenantId', 'shelf'];
      await write(async (t) => {
        expect(await t.loadRows({ table: books, keys: [], lock: true })).toEqual([]);
        expect(await t.loadMatching({ table: books, columns, values: [], lock: true })).toEqual([]);
        await t.saveRows(books, []);
        await t.updateRows(books, ['pages'], []);
        await t.insertRows(books, []);
      });
    });
  });

  describe('the outbox', () => {
    const event = (messageId: string) => ({ messageId, type: 'book.lent', body: `{"id":"${messageId}"}` });
    const page = (after: string, before: string, limit: number) =>
      opened.store.outboxPage({ after, before, limit });

    test('is read page by page in the order of its ids, and what is removed is gone', async () => {
      await write((t) => t.addToOutbox([event('3'), event('1')], second(1)));
      await write((t) => t.addToOutbox([event('2'), event('4')], second(2)));
      await write((t) => t.addToOutbox([], second(2)));
      expect(await page('', NOW, 3)).toEqual([event('1'), event('2'), event('3')]);
      expect(await page('3', NOW, 3)).toEqual([event('4')]);
      expect(await page('', second(2), 9)).toEqual([event('1'), event('3')]);
      await write((t) => t.removeFromOutbox(['1', '4', 'never there']));
      await write((t) => t.removeFromOutbox([]));
      expect(await page('', NOW, 9)).toEqual([event('2'), event('3')]);
    });
  });

  describe('due work', () => {
    test('is claimed when it is due, the longest due first, under a new fence and until the lease ends', async () => {
      const [one, two, three] = [
        job('one', { dueAt: second(3) }),
        job('two'),
        job('three', { dueAt: LATER }),
      ];
      await write((t) => t.putWork([one, two, three, job('other', { kind: 'bind' })]));
      const leased = { dueAt: LATER, attempt: 1, fence: 5 };
      expect(await write((t) => t.claimWork({ ...claim, limit: 1 }))).toEqual([{ ...two, ...leased }]);
      expect(await write((t) => t.claimWork(claim))).toEqual([{ ...one, ...leased }]);
      expect(await write((t) => t.claimWork(claim))).toEqual([]);
      const again = await write((t) => t.claimWork({ ...claim, now: LATER }));
      expect(ids(again)).toEqual(['one', 'three', 'two']);
      expect(again.find(({ id }) => id === 'one')).toMatchObject({ attempt: 2, fence: 6 });
    });

    test('is claimed from one line at a time, and the lines can be listed a page at a time', async () => {
      const late = job('z late', { key: 'z', dueAt: second(9) });
      await write((t) => t.putWork([late, ...['x', 'y', 'z', ''].map((key) => job(key, { key }))]));
      await write((t) => t.putWork([job('other', { kind: 'bind', key: 'w' })]));
      const lines = (from: string, limit: number) => write((t) => t.workLines({ kind: 'lend', from, limit }));
      const dueAt = job('x').dueAt;
      expect(await lines('', 9)).toEqual(['', 'x', 'y', 'z'].map((key) => ({ key, dueAt })));
      expect(await lines('', 2)).toEqual(['', 'x'].map((key) => ({ key, dueAt })));
      expect(await lines('y', 2)).toEqual(['y', 'z'].map((key) => ({ key, dueAt })));
      expect(await lines('zz', 2)).toEqual([]);
      expect(ids(await write((t) => t.claimWork({ ...claim, key: 'z', limit: 1 })))).toEqual(['z']);
      expect(ids(await write((t) => t.claimWork({ ...claim, key: 'x' })))).toEqual(['x']);
      expect(await lines('x', 3)).toEqual([
        { key: 'x', dueAt: LATER },
        { key: 'y', dueAt },
        { key: 'z', dueAt: second(9) },
      ]);
      expect(await write((t) => t.nextWorkDueAt('lend', 'z'))).toBe(second(9));
    });

    test('is replaced by what is put in its place, removed, and expected', async () => {
      const due = () => write((t) => t.nextWorkDueAt('lend', ''));
      expect(await due()).toBeUndefined();
      await write((t) => t.putWork([job('one', { dueAt: second(5) }), job('two', { dueAt: second(6) })]));
      expect(await due()).toBe(second(5));
      await write((t) => t.putWork([job('one', { dueAt: second(7), payload: ['other'] })]));
      expect(await due()).toBe(second(6));
      await write((t) => t.removeWork([job('two'), job('never there')]));
      await write((t) => t.removeWork([]));
      await write((t) => t.putWork([]));
      expect(await due()).toBe(second(7));
      expect(await write((t) => t.claimWork(claim))).toMatchObject([{ id: 'one', payload: ['other'] }]);
    });

    test('is held by the fence it has, and by no other one', async () => {
      await write((t) => t.putWork([job('one', { fence: 3 }), job('two', { fence: 4 }), job('gone')]));
      await write((t) => t.removeWork([job('gone')]));
      const leases = [
        { kind: 'lend', id: 'one', fence: 2 },
        { kind: 'lend', id: 'one', fence: 3 },
        { kind: 'lend', id: 'two', fence: 4 },
        { kind: 'lend', id: 'gone', fence: 1 },
        { kind: 'bind', id: 'two', fence: 4 },
      ];
      expect(ids(await write((t) => t.heldLeases(leases)))).toEqual(['one', 'two']);
      expect(await write((t) => t.heldLeases([]))).toEqual([]);
    });

    test('that is given back is due at once, as if it had not been claimed; not under an old fence', async () => {
      await write((t) => t.putWork([job('one'), job('two')]));
      const [one, two] = await write((t) => t.claimWork(claim));
      if (!one || !two) throw new Error('two pieces of work were due');
      await write((t) => t.giveBackWork([one, { ...two, fence: two.fence - 1 }], NOW));
      await write((t) => t.giveBackWork([], NOW));
      expect(await write((t) => t.claimWork(claim))).toEqual([{ ...one, attempt: 1, fence: one.fence + 1 }]);
    });

    test('that is postponed is due then; not under an old fence', async () => {
      await write((t) => t.putWork([job('one'), job('two')]));
      const [one, two] = await write((t) => t.claimWork(claim));
      if (!one || !two) throw new Error('two pieces of work were due');
      await write((t) => t.postponeWork(one, second(30)));
      await write((t) => t.postponeWork({ ...two, fence: two.fence - 1 }, second(20)));
      expect(await write((t) => t.nextWorkDueAt('lend', ''))).toBe(second(30));
    });
  });

  describe('transactions', () => {
    test('that overlap come one after another: none loses what the other one wrote', async () => {
      await write((t) => t.insertRows(books, stored(book('a', { pages: 0 }))));
      const addOne = async (t: Transaction) => {
        const [row] = await t.loadRows({ table: books, keys: [['ana', 'a']], lock: true });
        await new Promise(setImmediate); // the others get their turn
        await t.saveRows(books, stored(book('a', { pages: (row?.pages ?? 0) + 1 })));
      };
      await Promise.all(Array.from({ length: 20 }, () => write(addOne)));
      expect((await find('a'))?.pages).toBe(20);
    });
  });

  if (twoWriters) testTwoWriters(() => opened);
}

/** A gate that one side opens and the other one waits at. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open: () => open(), opened };
}

function testTwoWriters(opened: () => OpenedStore): void {
  const one = <T>(work: (transaction: Transaction) => Promise<T>) =>
    opened().store.transaction(work, EVERY_TENANT);
  const other = <T>(work: (transaction: Transaction) => Promise<T>): Promise<T> => {
    const { other } = opened();
    if (!other) throw new Error('a store with two writers opens both');
    return other.transaction(work, EVERY_TENANT);
  };

  describe('two processes that write at the same time', () => {
    test('claim a message once: the second waits for the first, and has it when the first fails', async () => {
      const [claimed, end] = [gate(), gate()];
      const first = one(async (t) => {
        await t.claimInbox(['kept', 'lost'], NOW);
        await t.forgetInbox(['lost']);
        claimed.open();
        await end.opened;
      });
      await claimed.opened;
      const next = other((t) => t.claimInbox(['kept', 'lost'], NOW));
      end.open();
      await first;
      expect(await next).toEqual(new Set(['lost']));
    });

    test('wait for rows that are locked, and not for those that are only read', async () => {
      await one((t) => t.insertRows(books, stored(book('a'))));
      const wanted = { table: books, keys: [['ana', 'a']] };
      const [locked, end] = [gate(), gate()];
      const first = one(async (t) => {
        await t.loadRows({ ...wanted, lock: true });
        locked.open();
        await end.opened;
        await t.saveRows(books, stored(book('a', { pages: 1 })));
      });
      await locked.opened;
      expect(await other((t) => t.loadRows({ ...wanted, lock: false }))).toEqual([book('a')]);
      const next = other((t) => t.loadRows({ ...wanted, lock: true }));
      end.open();
      await first;
      expect(await next).toEqual([book('a', { pages: 1 })]);
    });

    test('take different pieces of due work, without waiting for each other', async () => {
      await one((t) => t.putWork([1, 2, 3, 4, 5, 6].map((at) => job(String(at), { dueAt: second(at) }))));
      const took = await one(async (t) => {
        const first = ids(await t.claimWork({ ...claim, limit: 2 }));
        // All of this while the first claim is not committed.
        const second = ids(await other((theirs) => theirs.claimWork({ ...claim, limit: 2 })));
        const third = ids(await other((theirs) => theirs.claimWork(claim)));
        return [first, second, third, ids(await other((theirs) => theirs.claimWork(claim)))];
      });
      expect(took).toEqual([['1', '2'], ['3', '4'], ['5', '6'], []]);
    });

    test('a lease that is held keeps its work from being claimed until the transaction ends', async () => {
      await one((t) => t.putWork([job('one', { fence: 3 })]));
      const lease = { kind: 'lend', id: 'one', fence: 3 };
      await one(async (t) => {
        expect(await t.heldLeases([lease])).toEqual([lease]);
        expect(await other((theirs) => theirs.claimWork(claim))).toEqual([]);
      });
      expect(ids(await other((t) => t.claimWork(claim)))).toEqual(['one']);
    });
  });
}

import { setTimeout as pause } from 'node:timers/promises';
import { Child, openTestDatabase } from '@comanda/test-kit';
import { useDatabase } from '@comanda/test-kit/hooks';
import { describe, expect, test } from '@jest/globals';
import { statement } from './statement.js';
import type { Sql } from './store.js';

const database = useDatabase();

const ENTER = statement(`INSERT INTO inbox (message_id, handled_at) VALUES ($1, 'now')`);
const enter = (sql: Sql, id: string) => sql.run(ENTER, id);
const entered = async (): Promise<string[]> =>
  (await database.read(statement('SELECT message_id FROM inbox ORDER BY message_id'))).map((row) =>
    String(row.message_id),
  );
const name = (at: number): string => String(at).padStart(2, '0');

describe('transactions on one database', () => {
  test('of which 50 overlap and every third throws: the rows of the others are there, in order', async () => {
    const begun: number[] = [];
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, (_, at) =>
        database.transaction(async (sql) => {
          begun.push(at);
          await enter(sql, name(at));
          await new Promise(setImmediate); // others get their turn while this one is open
          await enter(sql, `${name(at)}-second`);
          if (at % 3 === 0) throw new Error(`number ${at} does not want to`);
          return at;
        }),
      ),
    );
    const good = Array.from({ length: 50 }, (_, at) => at).filter((at) => at % 3 !== 0);
    expect(begun).toEqual(Array.from({ length: 50 }, (_, at) => at));
    expect(results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))).toEqual(good);
    expect(
      results.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : []))[1],
    ).toBe('Error: number 3 does not want to');
    expect(await entered()).toEqual(good.flatMap((at) => [name(at), `${name(at)}-second`]));
  });

  test('that fail in the database leave nothing, and the next one works', async () => {
    await database.transaction((sql) => enter(sql, 'a'));
    await expect(
      database.transaction(async (sql) => {
        await enter(sql, 'b');
        await enter(sql, 'a');
      }),
    ).rejects.toThrow(/UNIQUE|unique/);
    await database.transaction((sql) => enter(sql, 'c'));
    expect(await entered()).toEqual(['a', 'c']);
  });

  test('are not seen by a reader before they are committed', async () => {
    await database.transaction(async (sql) => {
      await enter(sql, 'a');
      expect(await entered()).toEqual([]);
      expect(await sql.run(statement('SELECT message_id FROM inbox'))).toHaveLength(1);
    });
    expect(await entered()).toEqual(['a']);
  });

  test('are the only way to write: a reader cannot write', async () => {
    await expect(
      database.read(statement(`INSERT INTO inbox (message_id, handled_at) VALUES ('x', 'now')`)),
    ).rejects.toThrow(/read-?only/);
  });

  test('wait for those of another process that are in their way instead of failing', async () => {
    const holder = new Child(new URL('./testing/lock-holder.ts', import.meta.url), {
      file: database.file,
      holdMs: 700,
    });
    await holder.ready();
    // Reads first, as every batch does: without the write lock from the start, its snapshot would be too old to write.
    const fresh = await database.transaction(async (sql) => {
      await sql.run(statement('SELECT message_id FROM inbox'));
      await pause(1);
      // SQLite has one write lock, PostgreSQL one for each row: this is the one that the other process holds.
      return sql.claimInbox(['ours', 'theirs'], 'now');
    });
    expect(fresh).toEqual(new Set(['ours']));
    expect(await entered()).toEqual(['ours', 'theirs']);
    expect(await holder.end('SIGTERM')).toBe(0);
  });

  test('wait for another one and keep the process from nothing meanwhile, not even from ending the other one', async () => {
    const other = await openTestDatabase(database.file);
    try {
      const begun = Promise.withResolvers<void>();
      const held = Promise.withResolvers<void>();
      const holding = other.transaction(async (sql) => {
        await sql.claimInbox(['theirs'], 'now');
        begun.resolve();
        await held.promise;
      });
      await begun.promise;
      const waiting = database.transaction((sql) => sql.claimInbox(['ours', 'theirs'], 'now'));
      setTimeout(held.resolve, 100);
      await holding;
      expect(await waiting).toEqual(new Set(['ours']));
    } finally {
      await other.close();
    }
  });
});

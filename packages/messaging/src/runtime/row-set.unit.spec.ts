import { type RawRow, SqlTransaction, table } from '@comanda/storage';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { RowSet } from './row-set.js';

const stock = table('stock', ['id'], { id: z.string(), shelf: z.string(), count: z.number().int() });

/** A database that counts the statements and answers them from these rows. */
function rows(...stored: RawRow[]) {
  const statements: string[] = [];
  const sql = new SqlTransaction(async (statement) => {
    statements.push(statement.sqlite);
    return statement.sqlite.startsWith('SELECT') ? stored : [];
  });
  return { sql, statements };
}

describe('the rows of a batch', () => {
  test('are loaded with one statement a table, each reference once', async () => {
    const { sql, statements } = rows({ id: 'a', shelf: 's', count: 1 });
    const set = new RowSet();
    await set.load(sql, [
      { x: stock.lock('a') },
      { x: stock.lock('a'), y: stock.lock('b') },
      { list: [stock.lock('c')] },
    ]);
    await set.load(sql, [{ x: stock.lock('b') }]);
    await set.load(sql, []);
    expect(statements).toHaveLength(1);
    expect(
      set.answer({ x: stock.lock('a'), y: stock.lock('b'), list: [stock.lock('a'), stock.lock('z')] }),
    ).toEqual({
      x: { id: 'a', shelf: 's', count: 1 },
      y: undefined,
      list: [{ id: 'a', shelf: 's', count: 1 }, undefined],
    });
  });

  test('that a handler changed are not loaded over, and show what it did', async () => {
    const { sql } = rows({ id: 'a', shelf: 's', count: 1 }, { id: 'b', shelf: 's', count: 1 });
    const set = new RowSet();
    await set.load(sql, [{ a: stock.lock('a') }]);
    set.apply([stock.put({ id: 'a', shelf: 't', count: 2 })]);
    await set.load(sql, [{ all: stock.lockAll({ shelf: 's' }) }]);
    expect(
      set.answer({ a: stock.lock('a'), s: stock.lockAll({ shelf: 's' }), t: stock.lockAll({ shelf: 't' }) }),
    ).toEqual({
      a: { id: 'a', shelf: 't', count: 2 },
      s: [{ id: 'b', shelf: 's', count: 1 }],
      t: [{ id: 'a', shelf: 't', count: 2 }],
    });
  });

  test('are written as far as they have changed, those with the same columns by one statement', async () => {
    const written: unknown[] = [];
    const before = ['a', 'b', 'c', 'd'].map((id) => ({ id, shelf: 's', count: 1 }));
    const sql = new SqlTransaction(async ({ sqlite }, values) => {
      if (sqlite.startsWith('SELECT')) return before;
      written.push([sqlite.replace(/\s+/g, ' '), values]);
      return [];
    });
    const set = new RowSet();
    await set.load(sql, [{ all: ['a', 'b', 'c', 'd', 'e'].map((id) => stock.lock(id)) }]);
    set.apply([
      stock.put({ id: 'a', shelf: 's', count: 2 }),
      stock.put({ id: 'b', shelf: 't', count: 3 }),
      stock.put({ id: 'c', shelf: 's', count: 9 }),
      stock.put({ id: 'd', shelf: 's', count: 7 }),
      stock.put({ id: 'e', shelf: 's', count: 5 }),
    ]);
    set.apply([stock.put({ id: 'c', shelf: 's', count: 4 }), stock.put({ id: 'd', shelf: 's', count: 1 })]);
    await set.save(sql);
    expect(written).toEqual([
      [
        'UPDATE stock SET count = ? WHERE id = ?',
        [
          [2, 'a'],
          [4, 'c'],
        ],
      ],
      ['UPDATE stock SET shelf = ?, count = ? WHERE id = ?', [['t', 3, 'b']]],
      ['INSERT INTO stock (id, shelf, count) VALUES (?, ?, ?)', [['e', 's', 5]]],
    ]);
  });

  test('are all taken or, when one breaks its schema, none', async () => {
    const { sql, statements } = rows();
    const set = new RowSet();
    expect(() =>
      set.apply([
        stock.put({ id: 'a', shelf: 's', count: 1 }),
        stock.put({ id: 'b', shelf: 's', count: 0.5 }),
      ]),
    ).toThrow();
    expect(set.answer({ a: stock.lock('a') })).toEqual({ a: undefined });
    await set.save(sql);
    expect(statements).toEqual([]);
  });

  test('are saved with one statement a table', async () => {
    const { sql, statements } = rows();
    const set = new RowSet();
    for (let at = 0; at < 50; at++) set.apply([stock.put({ id: `${at % 7}`, shelf: 's', count: at })]);
    await set.save(sql);
    expect(statements).toHaveLength(1);
  });
});

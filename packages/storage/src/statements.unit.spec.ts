import { describe, expect, test } from '@jest/globals';
import BetterSqlite3 from 'better-sqlite3';
import { z } from 'zod';
import { loadAllStatement, snake, statementsOf } from './statements.js';
import { flag, json, table } from './table.js';

const lines = table('lines', ['orderId', 'at'], {
  orderId: z.string(),
  at: z.string(),
  unitPrice: z.number().nullable(),
  active: flag(),
  details: json(z.object({ text: z.string() })),
});

function database() {
  const connection = new BetterSqlite3(':memory:');
  connection.exec(
    'CREATE TABLE lines (order_id TEXT, at TEXT, unit_price INTEGER, active INTEGER, details TEXT, PRIMARY KEY (order_id, at))',
  );
  return (statement: string, parameter: unknown): unknown[] => {
    const prepared = connection.prepare(statement);
    const parameters = { 1: JSON.stringify(parameter) };
    return prepared.reader ? prepared.all(parameters) : [prepared.run(parameters).changes];
  };
}

const row = (orderId: string, at: string, unitPrice: number | null = 5) => ({
  orderId,
  at,
  unitPrice,
  active: true,
  details: { text: `"quotes", 'apostrophes', \u0000, 🍽 and \\` },
});
const encoded = (...rows: ReturnType<typeof row>[]) => rows.map((one) => lines.encode(one));

describe('the statements of a table', () => {
  const { load, insert, upsert } = statementsOf(lines);

  test('write and read back whole batches, each with one parameter', () => {
    const run = database();
    const rows = [row('a', '1'), row('a', '2', null), row('b', '1')];
    expect(run(insert, encoded(...rows))).toEqual([3]);
    const read = run(load, [
      ['a', '2'],
      ['b', '1'],
      ['c', '9'],
    ]).map((stored) => lines.decode(stored as Record<string, unknown>));
    expect(read).toEqual([rows[1], rows[2]]);
  });

  test('load by the columns that are asked for', () => {
    const run = database();
    run(insert, encoded(row('a', '1'), row('a', '2'), row('b', '1')));
    const found = run(loadAllStatement(lines, ['orderId'], false), [['a']]) as { at: string }[];
    expect(found.map(({ at }) => at).sort()).toEqual(['1', '2']);
  });

  test('replace a row that is there when they put, and refuse it when they append', () => {
    const run = database();
    run(insert, encoded(row('a', '1', 5)));
    run(upsert, encoded(row('a', '1', 7), row('a', '2', 8)));
    expect(
      (
        run(load, [
          ['a', '1'],
          ['a', '2'],
        ]) as { unitPrice: number }[]
      ).map(({ unitPrice }) => unitPrice),
    ).toEqual([7, 8]);
    expect(() => run(insert, encoded(row('a', '1')))).toThrow('UNIQUE');
  });

  test('are made once', () => {
    expect(statementsOf(lines)).toBe(statementsOf(lines));
  });
});

test('a row that breaks its schema is not written', () => {
  expect(() => lines.encode({ ...row('a', '1'), unitPrice: 'five' as unknown as number })).toThrow(
    'expected number',
  );
});

test('names are in snake_case', () => {
  expect([snake('orderId'), snake('a'), snake('lastAttemptAt')]).toEqual([
    'order_id',
    'a',
    'last_attempt_at',
  ]);
});

import { describe, expect, test } from '@jest/globals';
import { definedOnPostgres, onPostgres, parameterOnPostgres } from './postgres-dialect.js';

const flat = (statement: string): string => onPostgres(statement).text.replace(/\s+/g, ' ').trim();

describe('a statement on PostgreSQL', () => {
  test.each([
    [
      'SELECT a FROM b WHERE c IN (SELECT value FROM json_each(?1))',
      'SELECT a FROM b WHERE c IN (SELECT value FROM json_array_elements_text($1::json) AS e(value))',
    ],
    [
      `DELETE FROM b WHERE c NOT IN (SELECT value FROM json_each(?1, '$.full')) AND d < ?1 ->> 'before'`,
      `DELETE FROM b WHERE c NOT IN (SELECT value FROM json_array_elements_text($1::json -> 'full') AS e(value)) AND d < $1::json ->> 'before'`,
    ],
    [
      `UPDATE b SET c = 1 WHERE (d, e) IN (SELECT value ->> 0, CAST(value ->> 1 AS BIGINT) FROM json_each(?1, '$.keys'))`,
      `UPDATE b SET c = 1 WHERE (d, e) IN (SELECT value ->> 0, CAST(value ->> 1 AS BIGINT) FROM json_array_elements($1::json -> 'keys') AS e(value) OFFSET 0)`,
    ],
    [
      'SELECT 1 FROM json_each(?1) k CROSS JOIN b ON b.c = CAST(k.value ->> 2 AS BIGINT)',
      'SELECT 1 FROM (SELECT value ->> 2 AS c2 FROM json_array_elements($1::json) AS e(value) OFFSET 0) k JOIN b ON b.c = CAST(k.c2 AS BIGINT)',
    ],
    ['SELECT a FROM b /*pg FOR UPDATE SKIP LOCKED */', 'SELECT a FROM b FOR UPDATE SKIP LOCKED'],
  ])('%s', (statement, expected) => {
    expect(flat(statement)).toBe(expected);
  });

  test('is translated once, has a name of its own, and says whether it takes a parameter', () => {
    const [one, other] = [onPostgres('SELECT ?1 ->> 0'), onPostgres('SELECT 1')];
    expect(onPostgres('SELECT ?1 ->> 0')).toBe(one);
    expect(one.name).not.toBe(other.name);
    expect([one.takesParameter, other.takesParameter]).toEqual([true, false]);
  });
});

test('a table has its columns, compared by their bytes', () => {
  expect(
    definedOnPostgres(
      'CREATE TABLE a (n INTEGER PRIMARY KEY AUTOINCREMENT, b TEXT NOT NULL, c INTEGER CHECK (c > 0)) WITHOUT ROWID',
    ),
  ).toBe(
    'CREATE TABLE a (n BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, b TEXT COLLATE "C" NOT NULL, c BIGINT CHECK (c > 0))',
  );
  expect(definedOnPostgres('ALTER TABLE a ADD COLUMN d TEXT')).toBe(
    'ALTER TABLE a ADD COLUMN d TEXT COLLATE "C"',
  );
});

test('a parameter loses only what PostgreSQL can not keep', () => {
  const plain = [['"quotes"', '\\u0000 written out', '🍽', 1, null]];
  expect(parameterOnPostgres(plain)).toBe(JSON.stringify(plain));
  expect(JSON.parse(parameterOnPostgres([['a\u0000b', '\ud83c alone', '🍽']]))).toEqual([
    ['a\ufffdb', '\ufffd alone', '🍽'],
  ]);
});

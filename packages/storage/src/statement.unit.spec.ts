import { expect, test } from '@jest/globals';
import { statement } from './statement.js';

test('one text is that of both databases', () => {
  expect(statement('SELECT 1')).toMatchObject({ sqlite: 'SELECT 1', postgres: 'SELECT 1' });
});

test('the same text has the same name wherever it is declared, another text another one', () => {
  const [one, other] = [statement('SELECT 2'), statement({ sqlite: 'SELECT 3', postgres: 'SELECT 4' })];
  expect(statement('SELECT 2').name).toBe(one.name);
  expect(statement({ sqlite: 'SELECT 5', postgres: 'SELECT 4' }).name).toBe(other.name);
  expect(one.name).not.toBe(other.name);
});

test('a statement for each element of a list says so for SQLite, and is one statement for PostgreSQL', () => {
  const each = statement({ eachOnSqlite: 'DELETE FROM t WHERE id = ?', postgres: 'SELECT 6' });
  expect(each).toMatchObject({
    sqlite: 'DELETE FROM t WHERE id = ?',
    eachOnSqlite: true,
    postgres: 'SELECT 6',
  });
  expect(statement({ sqlite: 'SELECT 7', postgres: 'SELECT 6' })).toMatchObject({
    eachOnSqlite: false,
    name: each.name,
  });
});

import { selectList, snake } from '../columns.js';
import type { Row, Table } from '../table.js';

/** The rows of a table with these values in these columns. */
export const loadOnSqlite = (table: Table<Row>, columns: readonly string[]): string =>
  `SELECT ${selectList(table.columns, 't')} FROM ${table.name} t
   WHERE ${columns.map((column) => `t.${snake(column)} = ?`).join(' AND ')}`;

/** Adds a row, given as a list of all its columns. */
export const insertOnSqlite = ({ name, columns }: Table<Row>): string =>
  `INSERT INTO ${name} (${columns.map(snake).join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`;

/** Writes these columns of one row: their values, and then the key's. */
export const updateOnSqlite = ({ name, key }: Table<Row>, columns: readonly string[]): string =>
  `UPDATE ${name} SET ${columns.map((column) => `${snake(column)} = ?`).join(', ')}
   WHERE ${key.map((column) => `${snake(column)} = ?`).join(' AND ')}`;

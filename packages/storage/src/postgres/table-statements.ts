import { selectList, snake } from '../columns.js';
import type { Row, Table } from '../table.js';

/**
 * All rows of a table with one of the lists of values in `$1` in these columns.
 *
 * OFFSET 0 keeps the planner from merging the inner query into the outer one. Under row-level security an index may
 * only serve a comparison with something that can't reveal a row that it should not see: a column can't, the result of
 * `->>` could.
 */
export function loadOnPostgres(table: Table<Row>, columns: readonly string[], lock: boolean): string {
  const values = columns.map((column, at) => `value ->> ${at} AS ${snake(column)}`).join(', ');
  const rows =
    `SELECT ${selectList(table.columns, 't')}
     FROM (SELECT ${values} FROM jsonb_array_elements($1::jsonb) AS e(value) OFFSET 0) k
     JOIN ${table.name} t ON ` +
    columns.map((column) => `t.${snake(column)} = k.${snake(column)}`).join(' AND ');
  return lock ? `${rows} ${inOrder(table)} FOR UPDATE OF t` : rows;
}

/** All instances lock rows in the same order, or they would wait for each other. */
const inOrder = ({ key }: Table<Row>): string =>
  key.length > 0 ? `ORDER BY ${key.map((column) => `t.${snake(column)}`).join(', ')}` : '';

/** Writes these columns of the rows in `$1`, each a list of their values and then of the key's. */
export function updateOnPostgres(table: Table<Row>, columns: readonly string[]): string {
  const values = [...columns, ...table.key].map((column, at) => `${castOf(table, column, at)} AS v${at}`);
  const isIt = table.key.map((column, at) => `t.${snake(column)} = v.v${columns.length + at}`);
  return `UPDATE ${table.name} t SET ${columns.map((column, at) => `${snake(column)} = v.v${at}`).join(', ')}
   FROM (SELECT ${values.join(', ')} FROM jsonb_array_elements($1::jsonb) AS e(value) OFFSET 0) v
   WHERE ${isIt.join(' AND ')}`;
}

const castOf = ({ numbers }: Table<Row>, column: string, at: number): string =>
  numbers.has(column) ? `CAST(value ->> ${at} AS BIGINT)` : `value ->> ${at}`;

/** Adds the rows in `$1`, each a list of all its columns. */
export const insertOnPostgres = (table: Table<Row>): string =>
  `INSERT INTO ${table.name} (${table.columns.map(snake).join(', ')})
   SELECT ${table.columns.map((column, at) => castOf(table, column, at)).join(', ')}
   FROM jsonb_array_elements($1::jsonb) AS e(value)`;

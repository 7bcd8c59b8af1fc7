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

/** Adds the rows in `$1`, each a list of all its columns. */
export const insertOnPostgres = ({ name, columns, numbers }: Table<Row>): string =>
  `INSERT INTO ${name} (${columns.map(snake).join(', ')})
   SELECT ${columns.map((column, at) => (numbers.has(column) ? `CAST(value ->> ${at} AS BIGINT)` : `value ->> ${at}`)).join(', ')}
   FROM jsonb_array_elements($1::jsonb) AS e(value)`;

import { selectList, snake } from '../columns.js';
import type { Row, Table } from '../table.js';

/**
 * All rows of a table with one of the lists of values in `$1` in these columns. CROSS JOIN keeps SQLite from turning
 * the join round: the lists drive, the table's index answers.
 */
export const loadOnSqlite = (table: Table<Row>, columns: readonly string[]): string =>
  `SELECT ${selectList(table.columns, 't')} FROM json_each($1) k CROSS JOIN ${table.name} t ON ` +
  columns.map((column, at) => `t.${snake(column)} = k.value ->> ${at}`).join(' AND ');

/** Adds the rows in `$1`, each a list of all its columns. */
export const insertOnSqlite = ({ name, columns }: Table<Row>): string =>
  // WHERE true, or "ON CONFLICT" would be taken for the condition of a join.
  `INSERT INTO ${name} (${columns.map(snake).join(', ')})
   SELECT ${columns.map((_, at) => `value ->> ${at}`).join(', ')} FROM json_each($1) WHERE true`;

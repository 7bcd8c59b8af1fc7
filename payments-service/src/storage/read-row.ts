import { type Database, type Row, selectList, snake, type Table } from '@comanda/messaging';

/** A row as it is committed, for work that looks before it calls the provider; `key` in the order of the table's. */
export async function readRow<R extends Row>(
  database: Pick<Database, 'read'>,
  table: Table<R>,
  ...key: string[]
): Promise<R | undefined> {
  const where = table.key.map((column, at) => `t.${snake(column)} = ?1 ->> ${at}`).join(' AND ');
  const [row] = await database.read(
    `SELECT ${selectList(table.columns, 't')} FROM ${table.name} t WHERE ${where}`,
    key,
  );
  return row && table.decode(row);
}

import { type Database, type Row, selectList, snake, type Table } from '@comanda/storage';
import { payments, refunds } from './tables.js';

/** Reads a row as it is committed, by its key: for work that looks before it calls the provider. */
function readerOf<R extends Row>(table: Table<R>) {
  const isIt = table.key.map((column, at) => `t.${snake(column)} = ?1 ->> ${at}`).join(' AND ');
  const statement = `SELECT ${selectList(table.columns, 't')} FROM ${table.name} t WHERE ${isIt}`;
  return async (
    database: Pick<Database, 'of'>,
    tenantId: string,
    ...key: string[]
  ): Promise<R | undefined> => {
    const [row] = await database.of(tenantId).read(statement, [tenantId, ...key]);
    return row && table.decode(row);
  };
}

/** By tenant and order. */
export const readPayment = readerOf(payments);
/** By tenant, order and refund. */
export const readRefund = readerOf(refunds);

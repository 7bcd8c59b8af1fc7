import { type Reader, type Row, selectList, snake, type Table } from '@comanda/storage';
import { deliveries, events, subscriptions } from './tables.js';

/** A delivery's subscription and event, as they are committed. */
export async function deliveryWithEvent(reader: Reader, tenantId: string, deliveryId: string) {
  const delivery = await find(reader, deliveries, [tenantId, deliveryId]);
  const subscription = await find(reader, subscriptions, [tenantId, delivery.subscriptionId]);
  const event = await find(reader, events, [tenantId, delivery.eventId]);
  return { subscription, event };
}

async function find<R extends Row>(reader: Reader, table: Table<R>, key: readonly string[]): Promise<R> {
  const matches = table.key.map((column, at) => `t.${snake(column)} = ?1 ->> ${at}`);
  const [row] = await reader.read(
    `SELECT ${selectList(table.columns, 't')} FROM ${table.name} t WHERE ${matches.join(' AND ')}`,
    key,
  );
  if (!row) throw new Error(`there is no row ${key.join(' ')} in ${table.name}`);
  return table.decode(row);
}

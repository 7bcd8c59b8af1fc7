import type { Reader, Row, RowByKey } from '@comanda/storage';
import { deliveries, events, subscriptions } from './tables.js';

/** A delivery's subscription and event, as they are committed. */
export async function deliveryWithEvent(reader: Reader, tenantId: string, deliveryId: string) {
  const delivery = await find(reader, deliveries.read(tenantId, deliveryId));
  const [subscription, event] = await Promise.all([
    find(reader, subscriptions.read(tenantId, delivery.subscriptionId)),
    find(reader, events.read(tenantId, delivery.eventId)),
  ]);
  return { subscription, event };
}

async function find<R extends Row>(reader: Reader, wanted: RowByKey<R>): Promise<R> {
  const row = await reader.find(wanted);
  if (!row) throw new Error(`there is no row ${wanted.key.join(' ')} in ${wanted.table.name}`);
  return row;
}

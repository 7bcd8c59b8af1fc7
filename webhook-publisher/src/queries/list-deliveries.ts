import { accept, ListDeliveries } from '@comanda/contracts';
import { cursorParameters, listed, lists, pageOf } from '@comanda/service-kit';
import { selectList } from '@comanda/storage';
import { deliveries } from '../storage/tables.js';
import { listedDelivery } from '../views/delivery-view.js';
import { progressOf } from './delivery-progress.js';

/** As in the index of them, which serves a statement only where this stands. */
const NOT_DELIVERED = `d.status <> 'DELIVERED'`;

const page = listed(
  (
    conditions,
  ) => `SELECT ${selectList(deliveries.columns, 'd')} FROM deliveries d WHERE d.tenant_id = $1${conditions}
    ORDER BY d.created_at DESC, d.delivery_id DESC LIMIT $2`,
);

/** A page of the history of deliveries, newest first. */
export const listDeliveries = lists(ListDeliveries, async (source, { tenantid, data }) => {
  const { limit, cursor, ...filters } = data;
  const { subscriptionId = null, status = null, eventType = null, orderId = null } = filters;
  const { eventId = null, replayId = null, since = null, until = null } = filters;
  const { cursorFirst, cursorId } = cursorParameters(cursor);
  const reader = source.of(tenantid);
  const rows = await page(
    reader,
    [tenantid, limit + 1],
    [
      ['d.subscription_id = ?', subscriptionId],
      [status === 'DELIVERED' ? 'd.status = ?' : `d.status = ? AND ${NOT_DELIVERED}`, status],
      ['d.event_type = ?', eventType],
      ['d.order_id = ?', orderId],
      ['d.event_id = ?', eventId],
      ['d.replay_id = ?', replayId],
      ['d.created_at >= ?', since],
      ['d.created_at < ?', until],
      ['(d.created_at, d.delivery_id) < (?, ?)', cursorFirst, cursorId],
    ],
  );
  const found = deliveries.decodeAll(rows);
  const progress = await progressOf(reader, tenantid, found.slice(0, limit));
  return accept(
    pageOf(found, {
      limit,
      position: ({ createdAt, deliveryId }) => [createdAt, deliveryId],
      view: (row) => listedDelivery(row, progress.get(row.deliveryId)),
    }),
  );
});

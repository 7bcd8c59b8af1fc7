import { accept, ListDeliveries } from '@comanda/contracts';
import { answers, cursorParameters, pageOf } from '@comanda/service-kit';
import { selectList, statement } from '@comanda/storage';
import { deliveries } from '../storage/tables.js';
import { deliveryView } from '../views/delivery-view.js';

const page = (ofOrder: string) =>
  statement(`SELECT ${selectList(deliveries.columns, 'd')} FROM deliveries d
  WHERE d.tenant_id = $1
    AND (CAST($2 AS TEXT) IS NULL OR d.subscription_id = $2)
    AND (CAST($3 AS TEXT) IS NULL OR d.status = $3)
    AND (CAST($4 AS TEXT) IS NULL OR d.event_type = $4)
    AND ${ofOrder}
    AND (CAST($6 AS TEXT) IS NULL OR (d.created_at, d.delivery_id) < ($6, $7))
  ORDER BY d.created_at DESC, d.delivery_id DESC LIMIT $8`);

const ALL = page('CAST($5 AS TEXT) IS NULL');
/** The partial index by order is used only where the condition stands without an alternative. */
const OF_ORDER = page('d.order_id = $5');

/** A page of the history of deliveries, newest first. */
export const listDeliveries = answers(ListDeliveries, async (database, { tenantid, data }) => {
  const { subscriptionId = null, status = null, eventType = null, orderId = null, limit, cursor } = data;
  const { cursorFirst, cursorId } = cursorParameters(cursor);
  const rows = await database
    .of(tenantid)
    .read(
      orderId === null ? ALL : OF_ORDER,
      tenantid,
      subscriptionId,
      status,
      eventType,
      orderId,
      cursorFirst,
      cursorId,
      limit + 1,
    );
  return accept(
    pageOf(deliveries.decodeAll(rows), {
      limit,
      position: ({ createdAt, deliveryId }) => [createdAt, deliveryId],
      view: deliveryView,
    }),
  );
});

import { accept, GetOrderTimeline } from '@comanda/contracts';
import { answers } from '@comanda/service-kit';
import { selectList, statement } from '@comanda/storage';
import { timeline } from '../storage/tables.js';
import { stepView } from '../views/step-view.js';
import { unknownOrder, visibleOrder } from './visible-order.js';

const STEPS = statement(`SELECT ${selectList(timeline.columns, 't')} FROM order_timeline t
  WHERE t.tenant_id = $1 AND t.order_id = $2 ORDER BY t.position`);

/** Each step of an order, in the order in which this service learned of it. */
export const getOrderTimeline = answers(GetOrderTimeline, async (database, { tenantid, data }) => {
  const order = await visibleOrder(database, tenantid, data);
  if (!order) return unknownOrder(data.orderId);
  const rows = await database.of(tenantid).read(STEPS, tenantid, data.orderId);
  return accept({ items: rows.map((row) => stepView(timeline.decode(row))) });
});

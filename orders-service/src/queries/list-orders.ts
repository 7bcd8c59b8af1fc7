import { accept, ListOrders } from '@comanda/contracts';
import { answers, cursorParameters, pageOf } from '@comanda/service-kit';
import { selectList, statement } from '@comanda/storage';
import { orders } from '../storage/tables.js';
import { orderView } from '../views/order-view.js';
import { withNames } from './with-names.js';

const PAGE = statement(`SELECT ${selectList(orders.columns, 'o')} FROM orders o
  WHERE o.tenant_id = $1
    AND (CAST($2 AS TEXT) IS NULL OR o.customer_id = $2)
    AND (CAST($3 AS TEXT) IS NULL OR o.status = $3)
    AND (CAST($4 AS TEXT) IS NULL OR o.created_at > $4)
    AND (CAST($5 AS TEXT) IS NULL OR o.created_at < $5)
    AND (CAST($6 AS TEXT) IS NULL OR (o.created_at, o.order_id) < ($6, $7))
  ORDER BY o.created_at DESC, o.order_id DESC LIMIT $8`);

/** A page of orders, newest first. A customer sees only their own orders. */
export const listOrders = answers(ListOrders, async (database, { tenantid, data }) => {
  const { viewer, status = null, createdAfter = null, createdBefore = null, limit, cursor } = data;
  const customerId = viewer.role === 'customer' ? viewer.accountId : null;
  const { cursorFirst, cursorId } = cursorParameters(cursor);
  const filter = [customerId, status, createdAfter, createdBefore];
  const rows = await database.of(tenantid).read(PAGE, tenantid, ...filter, cursorFirst, cursorId, limit + 1);
  const found = await withNames(database, tenantid, orders.decodeAll(rows));
  return accept(
    pageOf(found, { limit, position: ({ createdAt, orderId }) => [createdAt, orderId], view: orderView }),
  );
});

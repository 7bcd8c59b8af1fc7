import { accept, ListOrders } from '@comanda/contracts';
import { cursorParameters, listed, lists, pageOf } from '@comanda/service-kit';
import { selectList } from '@comanda/storage';
import { orders } from '../storage/tables.js';
import { orderView } from '../views/order-view.js';
import { withNames } from './with-names.js';

const page = listed(
  (conditions) => `SELECT ${selectList(orders.columns, 'o')} FROM orders o WHERE o.tenant_id = $1${conditions}
    ORDER BY o.created_at DESC, o.order_id DESC LIMIT $2`,
);

/** A page of orders, newest first. A customer sees only their own orders. */
export const listOrders = lists(ListOrders, async (source, { tenantid, data }) => {
  const { viewer, status = null, createdAfter = null, createdBefore = null, limit, cursor } = data;
  const customerId = viewer.role === 'customer' ? viewer.accountId : null;
  const { cursorFirst, cursorId } = cursorParameters(cursor);
  // A page begins at the earlier one of the two: with both conditions an index would be read from the later one on.
  const atCursor = cursorFirst !== null && (createdBefore === null || cursorFirst < createdBefore);
  const rows = await page(
    source.of(tenantid),
    [tenantid, limit + 1],
    [
      ['o.customer_id = ?', customerId],
      ['o.status = ?', status],
      ['o.created_at > ?', createdAfter],
      atCursor
        ? ['(o.created_at, o.order_id) < (?, ?)', cursorFirst, cursorId]
        : ['o.created_at < ?', createdBefore],
    ],
  );
  const found = await withNames(source, tenantid, orders.decodeAll(rows));
  return accept(
    pageOf(found, { limit, position: ({ createdAt, orderId }) => [createdAt, orderId], view: orderView }),
  );
});

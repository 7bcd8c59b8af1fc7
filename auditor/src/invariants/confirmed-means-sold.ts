import { holdsForSoldOrders } from './orders-compared.js';

/** The ordered units of each product, less the units that the order's reservation sold: all must be zero. */
const OTHER_UNITS = `EXISTS (
  SELECT 1 FROM (
    SELECT i.value ->> 'productId' AS product_id, i.value ->> 'quantity' AS units FROM json_each(o.items) i
    UNION ALL SELECT i.value ->> 'productId', -(i.value ->> 'quantity') FROM json_each(r.items) i)
  GROUP BY product_id HAVING sum(units) <> 0)`;

export const confirmedMeansSold = holdsForSoldOrders({
  id: 'confirmed-means-sold',
  title: 'A confirmed order has bought exactly its lines, and nothing is sold without one',
  find: [
    `SELECT o.tenant_id AS tenantId, o.order_id AS orderId, r.reservation_id AS reservationId,
        CASE WHEN r.status = 'COMMITTED' THEN format('it is of %s, sold was %s', o.items, r.items)
          ELSE format('it is %s, its reservation is %s', o.status, coalesce(r.status, 'not there')) END AS detail
      FROM orders.orders o
      LEFT JOIN products.reservations r ON r.tenant_id = o.tenant_id AND r.order_id = o.order_id
      WHERE o.status IN ('CONFIRMED', 'FULFILLED') AND o.updated_at <= @settled
        AND (r.updated_at IS NULL OR r.updated_at <= @settled)
        AND (r.status IS NULL OR r.status <> 'COMMITTED' OR ${OTHER_UNITS})`,
    `SELECT r.tenant_id AS tenantId, r.order_id AS orderId, r.reservation_id AS reservationId,
        format('it is sold, its order is %s', coalesce(o.status, 'not there')) AS detail
      FROM products.reservations r
      LEFT JOIN orders.orders o ON o.tenant_id = r.tenant_id AND o.order_id = r.order_id
      WHERE r.status = 'COMMITTED' AND r.updated_at <= @settled
        AND (o.status IS NULL OR (o.status IN ('PENDING', 'AWAITING_PAYMENT') AND o.updated_at <= @settled))`,
  ],
});

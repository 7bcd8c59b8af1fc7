import { holds } from './invariant.js';

/** One entry for each product of an order: what moved, and what must have moved according to its reservation. */
const TOUCHED = `touched AS (
  SELECT tenant_id, order_id, product_id, max(status) AS status, sum(moved) AS moved, sum(owed) AS owed FROM (
    SELECT tenant_id, order_id, product_id, NULL AS status, delta AS moved, 0 AS owed
      FROM products.movements WHERE order_id IS NOT NULL
    UNION ALL
    SELECT r.tenant_id, r.order_id, i.value ->> 'productId', r.status, 0,
      CASE WHEN r.status IN ('HELD', 'COMMITTED') THEN -(i.value ->> 'quantity') ELSE 0 END
      FROM products.reservations r CROSS JOIN json_each(r.items) i)
  GROUP BY tenant_id, order_id, product_id)`;

export const stockComesBackExactlyOnce = holds({
  id: 'stock-comes-back-exactly-once',
  promise: 4,
  title: 'What an order took from the shelf is held or sold, or came back exactly once',
  reads: ['products'],
  checked: 'SELECT count(*) AS n FROM products.reservations',
  faults: [
    {
      find: `WITH ${TOUCHED} SELECT tenant_id AS tenantId, order_id AS orderId, product_id AS productId,
          format('its reservation is %s, so %s must have moved, and %s did', coalesce(status, 'not there'), owed, moved) AS detail
        FROM touched WHERE moved <> owed`,
    },
  ],
});

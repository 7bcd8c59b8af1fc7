import { RECENT_ORDERS } from './events.js';
import { holds } from './invariant.js';

/** The gateway's stored answers: it keeps those to requests with an Idempotency-Key. */
const ACCEPTED = `accepted AS (
  SELECT tenant_id, key, created_at, (response ->> 'body') ->> 'orderId' AS order_id FROM gateway.idempotency_keys
  WHERE status = 'done' AND route = 'POST /api/v1/orders' AND response ->> 'status' = 202)`;

export const a202MeansExactlyOneOrder = holds({
  id: 'a-202-means-exactly-one-order',
  promise: 1,
  title: 'What was answered 202 is an order, taken once, and no two keys share one',
  reads: ['gateway', 'orders'],
  checked: `WITH ${ACCEPTED}, ${RECENT_ORDERS}
    SELECT (SELECT count(*) FROM accepted) + (SELECT count(*) FROM recent_orders) AS n`,
  faults: [
    {
      find: `WITH ${ACCEPTED} SELECT a.tenant_id AS tenantId, a.order_id AS orderId,
          format('it was accepted at %s and is not there', a.created_at) AS detail
        FROM accepted a WHERE a.created_at <= @settled AND NOT EXISTS (
          SELECT 1 FROM orders.orders o WHERE o.tenant_id = a.tenant_id AND o.order_id = a.order_id)`,
    },
    {
      find: `WITH ${ACCEPTED} SELECT tenant_id AS tenantId, order_id AS orderId,
          format('%s Idempotency-Keys were given this order', count(*)) AS detail
        FROM accepted GROUP BY tenant_id, order_id HAVING count(*) > 1`,
    },
    {
      find: `WITH ${RECENT_ORDERS} SELECT o.tenant_id AS tenantId, o.order_id AS orderId,
          format('it was taken %s times', count(t.message_id)) AS detail
        FROM recent_orders o LEFT JOIN orders.order_timeline t
          ON t.tenant_id = o.tenant_id AND t.order_id = o.order_id AND t.type = 'orders.create'
        GROUP BY o.tenant_id, o.order_id HAVING count(t.message_id) <> 1`,
    },
  ],
});

import { RECENT_STEPS } from './events.js';
import { holds } from './invariant.js';

/** The gateway's stored answers to requests about an order that exists. */
const ACCEPTED = `accepted AS (
  SELECT tenant_id, created_at, replace(replace(route, rtrim(route, replace(route, '/', '')), ''), '/', '') AS request,
    (response ->> 'body') ->> 'orderId' AS order_id, (response ->> 'body') ->> 'requestId' AS request_id
  FROM gateway.idempotency_keys
  WHERE status = 'done' AND route LIKE 'POST /api/v1/orders/%/%' AND response ->> 'status' = 202)`;

export const acceptedRequestsAreAnswered = holds({
  id: 'accepted-requests-are-answered',
  promise: 1,
  title: 'What was answered 202 was done or refused, never both, and a refusal was told once',
  reads: ['gateway', 'orders'],
  checked: `WITH ${ACCEPTED} SELECT (SELECT count(*) FROM accepted) + (SELECT count(*) FROM orders.refused_requests) AS n`,
  faults: [
    {
      find: `WITH ${ACCEPTED} SELECT a.tenant_id AS tenantId, a.order_id AS orderId, a.request_id AS requestId,
          format('%s was accepted at %s, and neither done nor refused', a.request, a.created_at) AS detail
        FROM accepted a LEFT JOIN orders.orders o ON o.tenant_id = a.tenant_id AND o.order_id = a.order_id
        WHERE a.created_at <= @settled AND a.request_id IS NOT NULL
          AND NOT (a.request = 'cancel' AND o.status IS 'CANCELLED')
          AND NOT (a.request = 'fulfil' AND o.status IS 'FULFILLED')
          AND NOT EXISTS (SELECT 1 FROM orders.refund_requests q
            WHERE q.tenant_id = a.tenant_id AND q.order_id = a.order_id AND q.request_id = a.request_id)
          AND NOT EXISTS (SELECT 1 FROM orders.refused_requests r
            WHERE r.tenant_id = a.tenant_id AND r.order_id = a.order_id AND r.request_id = a.request_id)`,
      unlessUnderWayTo: 'orders-service',
    },
    {
      find: `SELECT r.tenant_id AS tenantId, r.order_id AS orderId, r.request_id AS requestId,
          'it was refused, and is a refund' AS detail
        FROM orders.refused_requests r JOIN orders.refund_requests q
          ON q.tenant_id = r.tenant_id AND q.order_id = r.order_id AND q.request_id = r.request_id`,
    },
    {
      find: `WITH ${RECENT_STEPS}, published AS (
          SELECT tenant_id, order_id, detail ->> 'requestId' AS request_id, count(*) AS times FROM recent_steps
          WHERE service = 'orders-service' AND type LIKE 'order.%Rejected' GROUP BY 1, 2, 3)
        SELECT r.tenant_id AS tenantId, r.order_id AS orderId, r.request_id AS requestId,
          format('its refusal was told %s times', coalesce(t.times, 0)) AS detail
        FROM recent_orders o
        JOIN orders.refused_requests r ON r.tenant_id = o.tenant_id AND r.order_id = o.order_id
        LEFT JOIN published t ON t.tenant_id = r.tenant_id AND t.order_id = r.order_id AND t.request_id = r.request_id
        WHERE coalesce(t.times, 0) <> 1`,
    },
  ],
});

import { holds } from './invariant.js';

/** A refund that the provider postpones stays pending; `everything-that-waits-has-due-work` checks that it has work. */
export const refundRequestsAreAnswered = holds({
  id: 'refund-requests-are-answered',
  promise: 3,
  title: 'What staff asked to be refunded is one refund of the same amount, and the order knows how it ended',
  reads: ['orders', 'payments'],
  checked: `SELECT (SELECT count(*) FROM orders.refund_requests)
    + (SELECT count(*) FROM payments.refunds WHERE cause = 'request') AS n`,
  faults: [
    {
      find: `SELECT q.tenant_id AS tenantId, q.order_id AS orderId, q.request_id AS requestId,
          format('it is %s over %s minor units, its refund is %s over %s', q.status, q.amount,
            coalesce(r.status, 'not there'), r.amount) AS detail
        FROM orders.refund_requests q
        LEFT JOIN payments.refunds r ON r.tenant_id = q.tenant_id AND r.order_id = q.order_id AND r.refund_id = q.request_id
        WHERE q.updated_at <= @settled AND (r.updated_at IS NULL OR r.updated_at <= @settled)
          AND (r.refund_id IS NULL OR r.amount <> q.amount OR r.cause <> 'request'
            OR r.status <> CASE q.status WHEN 'REQUESTED' THEN 'PENDING' ELSE q.status END)`,
    },
    {
      find: `SELECT r.tenant_id AS tenantId, r.order_id AS orderId, r.refund_id AS refundId,
          format('%s minor units were refunded, and nobody asked for it', r.amount) AS detail
        FROM payments.refunds r
        LEFT JOIN orders.refund_requests q ON q.tenant_id = r.tenant_id AND q.order_id = r.order_id AND q.request_id = r.refund_id
        WHERE r.cause = 'request' AND q.request_id IS NULL AND r.updated_at <= @settled`,
    },
    {
      // Without a request, money goes back only because the order was rejected or cancelled.
      find: `SELECT r.tenant_id AS tenantId, r.order_id AS orderId, r.refund_id AS refundId,
          format('%s minor units go back because the order is off, and it is %s', r.amount, o.status) AS detail
        FROM payments.refunds r
        JOIN orders.orders o ON o.tenant_id = r.tenant_id AND o.order_id = r.order_id
        WHERE r.cause = 'undo' AND o.status NOT IN ('REJECTED', 'CANCELLED')`,
    },
  ],
});

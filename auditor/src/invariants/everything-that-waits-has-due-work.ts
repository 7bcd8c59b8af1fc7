import { holds } from './invariant.js';

/** The transaction that needs the work writes it, so this holds at every moment; only lateness takes time to show. */
export const everythingThatWaitsHasDueWork = holds({
  id: 'everything-that-waits-has-due-work',
  promise: 1,
  title: 'What is held, to be charged or to be given back has due work that will end it, and none is overdue',
  reads: ['products', 'payments'],
  checked: `SELECT (SELECT count(*) FROM products.reservations WHERE status = 'HELD')
    + (SELECT count(*) FROM payments.payments WHERE status = 'PENDING'
         OR (status = 'COMPLETED' AND refund_on_capture = 1 AND refunded_amount < amount))
    + (SELECT count(*) FROM payments.refunds WHERE status = 'PENDING')
    + (SELECT count(*) FROM products.work) + (SELECT count(*) FROM payments.work) AS n`,
  faults: [
    {
      find: `SELECT r.tenant_id AS tenantId, r.order_id AS orderId, r.reservation_id AS reservationId,
          'it is held, and nothing will let it go' AS detail
        FROM products.reservations r WHERE r.status = 'HELD' AND NOT EXISTS (
          SELECT 1 FROM products.work w WHERE w.kind = 'expire-reservation' AND w.id = r.reservation_id)`,
    },
    {
      find: `SELECT p.tenant_id AS tenantId, p.order_id AS orderId, p.payment_id AS paymentId,
          'it is to be charged, and nobody will' AS detail
        FROM payments.payments p WHERE p.status = 'PENDING' AND NOT EXISTS (
          SELECT 1 FROM payments.work w WHERE w.kind = 'charge' AND w.id = p.payment_id)`,
    },
    {
      find: `SELECT p.tenant_id AS tenantId, p.order_id AS orderId, p.payment_id AS paymentId,
          format('%s are to be given back, and nobody will',
            money(p.amount - p.refunded_amount - p.refunding_amount, p.currency)) AS detail
        FROM payments.payments p
        WHERE p.status = 'COMPLETED' AND p.refund_on_capture = 1 AND p.refunded_amount + p.refunding_amount < p.amount`,
    },
    {
      find: `SELECT r.tenant_id AS tenantId, r.order_id AS orderId, r.refund_id AS refundId,
          format('%s minor units are to be refunded, and nobody will', r.amount) AS detail
        FROM payments.refunds r WHERE r.status = 'PENDING' AND NOT EXISTS (
          SELECT 1 FROM payments.work w WHERE w.kind = 'refund' AND w.id = r.refund_id)`,
    },
    {
      find: `SELECT tenant_id AS tenantId, id AS workId, payload ->> 'orderId' AS orderId,
          format('%s was due at %s and nobody took it up', kind, due_at) AS detail
        FROM (SELECT * FROM products.work UNION ALL SELECT * FROM payments.work) WHERE due_at <= @settled`,
    },
  ],
});

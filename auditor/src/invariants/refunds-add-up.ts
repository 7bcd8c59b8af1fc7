import { holds } from './invariant.js';

/** One transaction writes both, so this holds at every moment. */
export const refundsAddUp = holds({
  id: 'refunds-add-up',
  promise: 3,
  title:
    'A payment’s totals are the sums of its refunds, an order’s total in hand is that of its open requests',
  reads: ['orders', 'payments'],
  checked: `SELECT (SELECT count(*) FROM payments.refunds) + (SELECT count(*) FROM orders.refund_requests) AS n`,
  faults: [
    {
      find: `SELECT p.tenant_id AS tenantId, p.order_id AS orderId, p.payment_id AS paymentId,
          format('it says refunded %s and being refunded %s; its refunds say %s and %s',
            money(p.refunded_amount, p.currency), money(p.refunding_amount, p.currency),
            money(coalesce(r.refunded, 0), p.currency), money(coalesce(r.refunding, 0), p.currency)) AS detail
        FROM payments.payments p LEFT JOIN (
          SELECT tenant_id, order_id, sum(CASE status WHEN 'REFUNDED' THEN amount ELSE 0 END) AS refunded,
            sum(CASE status WHEN 'PENDING' THEN amount ELSE 0 END) AS refunding
          FROM payments.refunds GROUP BY tenant_id, order_id) r
        ON r.tenant_id = p.tenant_id AND r.order_id = p.order_id
        WHERE p.refunded_amount <> coalesce(r.refunded, 0) OR p.refunding_amount <> coalesce(r.refunding, 0)`,
    },
    {
      find: `SELECT r.tenant_id AS tenantId, r.order_id AS orderId, r.refund_id AS refundId,
          format('%s minor units were refunded without a payment', r.amount) AS detail
        FROM payments.refunds r LEFT JOIN payments.payments p ON p.tenant_id = r.tenant_id AND p.order_id = r.order_id
        WHERE p.order_id IS NULL`,
    },
    {
      find: `SELECT o.tenant_id AS tenantId, o.order_id AS orderId,
          format('it says being refunded %s; its open requests say %s', money(o.refunding_amount, o.currency),
            money(coalesce(r.open, 0), o.currency)) AS detail
        FROM orders.orders o LEFT JOIN (
          SELECT tenant_id, order_id, sum(amount) AS open FROM orders.refund_requests WHERE status = 'REQUESTED'
          GROUP BY tenant_id, order_id) r
        ON r.tenant_id = o.tenant_id AND r.order_id = o.order_id
        WHERE o.refunding_amount <> coalesce(r.open, 0)`,
    },
  ],
});

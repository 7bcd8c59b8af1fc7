import { holdsForPaidOrders } from './orders-compared.js';

export const confirmedMeansPaid = holdsForPaidOrders({
  id: 'confirmed-means-paid',
  title: 'A confirmed order was paid in full, by the payment that it names',
  find: [
    `SELECT o.tenant_id AS tenantId, o.order_id AS orderId, p.payment_id AS paymentId,
        format('it is %s by payment %s; its payment is %s', o.status, coalesce(o.payment_id, 'none'),
          coalesce(p.status, 'not there')) AS detail
      FROM orders.orders o
      LEFT JOIN payments.payments p ON p.tenant_id = o.tenant_id AND p.order_id = o.order_id
      WHERE o.status IN ('CONFIRMED', 'FULFILLED') AND o.updated_at <= @settled
        AND (p.updated_at IS NULL OR p.updated_at <= @settled)
        AND (p.status IS NULL OR p.status NOT IN ('COMPLETED', 'REFUNDED') OR o.payment_id IS NULL OR o.payment_id <> p.payment_id)`,
    `SELECT o.tenant_id AS tenantId, o.order_id AS orderId, p.payment_id AS paymentId,
        format('it costs %s, its payment (%s) is of %s', money(o.total_amount, o.currency), p.status,
          money(p.amount, p.currency)) AS detail
      FROM payments.payments p
      JOIN orders.orders o ON o.tenant_id = p.tenant_id AND o.order_id = p.order_id
      WHERE p.status <> 'VOID' AND (p.amount <> o.total_amount OR p.currency <> o.currency)`,
  ],
});

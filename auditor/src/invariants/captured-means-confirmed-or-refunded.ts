import { holdsForCaptures } from './orders-compared.js';

export const capturedMeansConfirmedOrRefunded = holdsForCaptures({
  id: 'captured-means-confirmed-or-refunded',
  title: 'What was captured belongs to a confirmed order, or went back to the last cent',
  find: [
    // A pending refund is retried until the provider accepts it; `everything-that-waits-has-due-work` checks that.
    `SELECT p.tenant_id AS tenantId, p.order_id AS orderId, p.payment_id AS paymentId,
        format('captured %s, refunded %s; its order is %s', money(p.amount, p.currency), money(p.refunded_amount, p.currency),
          coalesce(o.status, 'not there')) AS detail
      FROM payments.payments p
      LEFT JOIN orders.orders o ON o.tenant_id = p.tenant_id AND o.order_id = p.order_id
      WHERE p.status IN ('COMPLETED', 'REFUNDED') AND p.refunded_amount < p.amount AND p.updated_at <= @settled
        AND (o.updated_at IS NULL OR o.updated_at <= @settled)
        AND (o.status IS NULL OR o.status NOT IN ('CONFIRMED', 'FULFILLED'))
        AND p.refunded_amount + p.refunding_amount < p.amount`,
  ],
});

import { holdsForCaptures } from './orders-compared.js';

export const ordersKnowTheirRefunds = holdsForCaptures({
  id: 'orders-know-their-refunds',
  title: 'An order says that exactly so much went back as its payment does',
  find: [
    `SELECT o.tenant_id AS tenantId, o.order_id AS orderId, p.payment_id AS paymentId,
        format('the order says that %s went back, its payment %s', money(o.refunded_amount, o.currency),
          money(coalesce(p.refunded_amount, 0), o.currency)) AS detail
      FROM orders.orders o
      LEFT JOIN payments.payments p ON p.tenant_id = o.tenant_id AND p.order_id = o.order_id
      WHERE o.refunded_amount <> coalesce(p.refunded_amount, 0) AND o.updated_at <= @settled
        AND (p.updated_at IS NULL OR p.updated_at <= @settled)`,
  ],
});

import { holds } from './invariant.js';

export const anEndedOrderHoldsNoStock = holds({
  id: 'an-ended-order-holds-no-stock',
  promise: 4,
  title: 'For a rejected or cancelled order nothing is held or sold, and nothing will be charged',
  reads: ['orders', 'products', 'payments'],
  checked: `SELECT count(*) AS n FROM orders.orders WHERE status IN ('REJECTED', 'CANCELLED')`,
  faults: [
    {
      find: `SELECT o.tenant_id AS tenantId, o.order_id AS orderId, r.reservation_id AS reservationId,
          format('it is %s, its reservation is %s', o.status, coalesce(r.status, 'not there')) AS detail
        FROM orders.orders o
        LEFT JOIN products.reservations r ON r.tenant_id = o.tenant_id AND r.order_id = o.order_id
        WHERE o.status IN ('REJECTED', 'CANCELLED') AND o.updated_at <= @settled
          AND (r.updated_at IS NULL OR r.updated_at <= @settled)
          AND (r.status IS NULL OR r.status IN ('HELD', 'COMMITTED'))`,
    },
    {
      // A payment with `refundOnCapture` stays pending until the provider has answered what became of the charge.
      find: `SELECT o.tenant_id AS tenantId, o.order_id AS orderId, p.payment_id AS paymentId,
          format('it is %s, its payment is %s', o.status, coalesce(p.status, 'not there')) AS detail
        FROM orders.orders o
        LEFT JOIN payments.payments p ON p.tenant_id = o.tenant_id AND p.order_id = o.order_id
        WHERE o.status IN ('REJECTED', 'CANCELLED') AND o.updated_at <= @settled
          AND (p.updated_at IS NULL OR p.updated_at <= @settled) AND (p.status IS NULL OR (p.status = 'PENDING' AND p.refund_on_capture = 0))`,
    },
  ],
});

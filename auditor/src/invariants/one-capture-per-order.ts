import { holds } from './invariant.js';

export const oneCapturePerOrder = holds({
  id: 'one-capture-per-order',
  promise: 3,
  title: 'An order is charged at most once, and each capture can be found at the provider',
  reads: ['payments'],
  checked: `SELECT count(*) AS n FROM payments.payments WHERE status IN ('COMPLETED', 'REFUNDED')`,
  faults: [
    {
      find: `SELECT order_id AS orderId, min(payment_id) AS paymentId, max(payment_id) AS otherPaymentId,
          format('it was charged %s times', count(*)) AS detail
        FROM payments.payments WHERE status IN ('COMPLETED', 'REFUNDED') GROUP BY order_id HAVING count(*) > 1`,
    },
    {
      find: `SELECT min(order_id) AS orderId, max(order_id) AS otherOrderId,
          format('%s payments are the same capture, %s', count(*), reference) AS detail
        FROM payments.payments WHERE status IN ('COMPLETED', 'REFUNDED') AND reference IS NOT NULL AND amount > 0
        GROUP BY provider, reference HAVING count(*) > 1`,
    },
    {
      find: `SELECT tenant_id AS tenantId, order_id AS orderId, payment_id AS paymentId,
          format('%s were captured, the provider gave no reference', money(amount, currency)) AS detail
        FROM payments.payments WHERE status IN ('COMPLETED', 'REFUNDED') AND reference IS NULL`,
    },
  ],
});

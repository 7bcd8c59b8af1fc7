import { holds } from './invariant.js';

const WORK = ['products', 'orders', 'payments', 'webhooks'] as const;

/** A bot in Telegram is polled as long as the service runs. */
const ENDLESS = 'hear commands';

/** Rows that exist only while something is under way. */
export const nothingIsUnderWay = holds({
  id: 'nothing-is-under-way',
  promise: 1,
  title: 'Nothing is held, to be charged, to be given back, to be delivered or to be done',
  reads: WORK,
  onlyAtRest: true,
  checked: `SELECT (SELECT count(*) FROM products.reservations) + (SELECT count(*) FROM payments.payments)
    + (SELECT count(*) FROM webhooks.deliveries) AS n`,
  faults: [
    {
      find: `SELECT tenant_id AS tenantId, order_id AS orderId, reservation_id AS reservationId,
          format('its stock is held until %s', expires_at) AS detail
        FROM products.reservations WHERE status = 'HELD'`,
    },
    {
      find: `SELECT tenant_id AS tenantId, order_id AS orderId, payment_id AS paymentId,
          CASE status WHEN 'PENDING' THEN 'its payment is to be charged' ELSE 'its payment is to be given back' END AS detail
        FROM payments.payments
        WHERE status = 'PENDING' OR refunding_amount > 0 OR (status = 'COMPLETED' AND refund_on_capture = 1 AND refunded_amount < amount)`,
    },
    {
      find: `SELECT tenant_id AS tenantId, order_id AS orderId, request_id AS requestId,
          format('%s are to be refunded', amount) AS detail
        FROM orders.refund_requests WHERE status = 'REQUESTED'`,
    },
    {
      find: `SELECT tenant_id AS tenantId, delivery_id AS deliveryId, event_id AS eventId,
          format('%s is to be delivered', event_type) AS detail
        FROM webhooks.deliveries WHERE status = 'PENDING'`,
    },
    ...WORK.map((database) => ({
      find: `SELECT tenant_id AS tenantId, id AS workId, format('%s is to be done in ${database} at %s', kind, due_at) AS detail
        FROM ${database}.work WHERE kind <> '${ENDLESS}'`,
    })),
  ],
});

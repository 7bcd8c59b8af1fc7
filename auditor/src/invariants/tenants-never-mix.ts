import { RECENT_DELIVERIES, RECENT_EVENTS } from './events.js';
import { type Fault, holds } from './invariant.js';

/** Rows about an order that belongs to another tenant. */
const ofAnotherTenant = (rows: string, what: string, idName: string, id: string): Fault => ({
  find: `WITH ${RECENT_EVENTS}, tenants AS MATERIALIZED (SELECT DISTINCT tenant_id FROM orders.orders)
    SELECT a.tenant_id AS tenantId, o.tenant_id AS otherTenantId, a.order_id AS orderId, a.${id} AS ${idName},
      format('the ${what} is of %s, its order of %s', a.tenant_id, o.tenant_id) AS detail
    FROM ${rows} a LEFT JOIN orders.orders own ON own.tenant_id = a.tenant_id AND own.order_id = a.order_id
    JOIN tenants t JOIN orders.orders o ON o.tenant_id = t.tenant_id AND o.order_id = a.order_id
    WHERE own.order_id IS NULL AND a.order_id IS NOT NULL`,
});

export const tenantsNeverMix = holds({
  id: 'tenants-never-mix',
  promise: 10,
  title: 'Whatever belongs to an order, a product, a subscription or an event is of the same tenant',
  reads: ['orders', 'products', 'payments', 'webhooks'],
  checked: `SELECT (SELECT count(*) FROM orders.order_timeline) + (SELECT count(*) FROM products.reservations)
    + (SELECT count(*) FROM payments.payments) AS n`,
  faults: [
    ofAnotherTenant('products.reservations', 'reservation', 'reservationId', 'reservation_id'),
    ofAnotherTenant('payments.payments', 'payment', 'paymentId', 'payment_id'),
    ofAnotherTenant('payments.refunds', 'refund', 'refundId', 'refund_id'),
    ofAnotherTenant('orders.refund_requests', 'refund request', 'requestId', 'request_id'),
    ofAnotherTenant('orders.order_timeline', 'step', 'messageId', 'message_id'),
    ofAnotherTenant('recent_events', 'event', 'eventId', 'event_id'),
    {
      find: `WITH ${RECENT_EVENTS} SELECT tenant_id AS tenantId, body ->> 'tenantId' AS otherTenantId, event_id AS eventId,
          format('the event is of %s, what is sent says %s', tenant_id, body ->> 'tenantId') AS detail
        FROM recent_events WHERE body ->> 'tenantId' <> tenant_id`,
    },
    {
      find: `WITH ${RECENT_DELIVERIES} SELECT d.tenant_id AS tenantId, s.tenant_id AS otherTenantId, d.delivery_id AS deliveryId,
          d.subscription_id AS subscriptionId, format('%s gets an event of %s', s.tenant_id, d.tenant_id) AS detail
        FROM recent_deliveries d
        JOIN webhooks.subscriptions s ON s.subscription_id = d.subscription_id AND s.tenant_id <> d.tenant_id`,
    },
    {
      find: `SELECT p.tenant_id AS tenantId, s.tenant_id AS otherTenantId, p.product_id AS productId,
          format('%s lists the price of a product of %s', p.tenant_id, s.tenant_id) AS detail
        FROM orders.prices p JOIN products.products s ON s.product_id = p.product_id WHERE s.tenant_id <> p.tenant_id
          AND NOT EXISTS (SELECT 1 FROM products.products own
            WHERE own.tenant_id = p.tenant_id AND own.product_id = p.product_id)`,
    },
  ],
});

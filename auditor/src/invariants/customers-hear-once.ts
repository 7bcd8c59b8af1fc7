import { RECENT_ORDERS, RECENT_STEPS } from './events.js';
import { holds } from './invariant.js';

/** What customers are told of, as the timelines of their orders name it. */
const FOR_CUSTOMERS = `('order.confirmed', 'order.rejected', 'order.cancelled', 'payment.refunded')`;

export const customersHearOnce = holds({
  id: 'customers-hear-once',
  promise: 7,
  title: 'Whoever left a contact with an order has one notification of each end and refund on each channel',
  reads: ['webhooks', 'orders'],
  checked: `WITH ${RECENT_ORDERS} SELECT (SELECT count(*) FROM recent_orders)
    + (SELECT count(*) FROM webhooks.notifications WHERE created_at >= @since) AS n`,
  faults: [
    {
      find: `WITH ${RECENT_ORDERS} SELECT o.tenant_id AS tenantId, o.order_id AS orderId,
          'its customer left a contact, and it is not there' AS detail
        FROM recent_orders o WHERE o.has_contact = 1 AND o.created_at <= @settled AND NOT EXISTS (
          SELECT 1 FROM webhooks.contacts c WHERE c.tenant_id = o.tenant_id AND c.order_id = o.order_id
            AND (c.sealed IS NOT NULL OR c.erased_at IS NOT NULL))`,
      unlessUnderWayTo: 'webhook-publisher',
    },
    {
      find: `WITH ${RECENT_STEPS} SELECT s.tenant_id AS tenantId, s.order_id AS orderId, s.message_id AS eventId,
          format('its customer is not told of %s by %s', s.type, w.value) AS detail
        FROM recent_steps s JOIN webhooks.contacts c ON c.tenant_id = s.tenant_id AND c.order_id = s.order_id
        CROSS JOIN json_each(c.channels) w
        WHERE s.type IN ${FOR_CUSTOMERS} AND s.at <= @settled AND c.sealed IS NOT NULL AND NOT EXISTS (
          SELECT 1 FROM webhooks.notifications n WHERE n.tenant_id = s.tenant_id AND n.order_id = s.order_id
            AND n.event_id = s.message_id AND n.channel = w.value)`,
      unlessUnderWayTo: 'webhook-publisher',
    },
    {
      find: `SELECT n.tenant_id AS tenantId, n.order_id AS orderId, n.event_id AS eventId,
          format('its customer is told %s times of %s by %s', count(*), n.event_type, n.channel) AS detail
        FROM webhooks.notifications n WHERE n.created_at >= @since GROUP BY n.tenant_id, n.event_id, n.channel HAVING count(*) > 1`,
    },
    {
      find: `SELECT n.tenant_id AS tenantId, n.order_id AS orderId, n.notification_id AS notificationId,
          'it is PENDING, and nobody will make the next attempt' AS detail
        FROM webhooks.notifications n WHERE n.status = 'PENDING' AND (n.next_attempt_at IS NULL OR NOT EXISTS (
          SELECT 1 FROM webhooks.work w WHERE w.kind = 'notify' AND w.id = n.notification_id))`,
    },
    {
      find: `SELECT n.tenant_id AS tenantId, n.order_id AS orderId, n.notification_id AS notificationId,
          format('it is %s, and its history shows no attempt that ended so', n.status) AS detail
        FROM webhooks.notifications n
        WHERE n.created_at >= @since AND n.status <> 'PENDING' AND NOT EXISTS (
          SELECT 1 FROM webhooks.attempts a WHERE a.tenant_id = n.tenant_id AND a.delivery_id = n.notification_id
            AND (n.status <> 'DELIVERED' OR a.status_code BETWEEN 200 AND 299))`,
    },
    {
      find: `SELECT c.tenant_id AS tenantId, c.order_id AS orderId,
          'its contact came, and events still wait for it' AS detail
        FROM webhooks.contacts c WHERE c.sealed IS NOT NULL AND c.waiting <> '[]'`,
    },
    {
      find: `SELECT n.tenant_id AS tenantId, n.order_id AS orderId, n.notification_id AS notificationId,
          'its contact was erased, and it is PENDING' AS detail
        FROM webhooks.notifications n
        JOIN webhooks.contacts c ON c.tenant_id = n.tenant_id AND c.order_id = n.order_id
        WHERE n.status = 'PENDING' AND c.erased_at <= @settled AND n.next_attempt_at <= @settled`,
    },
  ],
});

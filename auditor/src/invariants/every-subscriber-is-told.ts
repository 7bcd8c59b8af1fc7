import { CATALOGUE, WANTED } from './events.js';
import { holds } from './invariant.js';

export const everySubscriberIsTold = holds({
  id: 'every-subscriber-is-told',
  promise: 7,
  title: 'Every subscription has a delivery of every event that it asked for',
  reads: ['webhooks', 'orders'],
  checked: 'SELECT count(*) AS n FROM webhooks.events WHERE created_at >= @since',
  parameters: { catalogue: CATALOGUE },
  faults: [
    {
      find: `WITH ${WANTED}, told AS MATERIALIZED (SELECT tenant_id, event_id, subscription_id FROM webhooks.deliveries
          WHERE created_at >= @since)
        SELECT e.tenant_id AS tenantId, e.event_id AS eventId, w.subscription_id AS subscriptionId,
          format('%s has no delivery to it', e.type) AS detail
        FROM webhooks.events e CROSS JOIN wanted w
        LEFT JOIN told d ON d.tenant_id = e.tenant_id AND d.event_id = e.event_id AND d.subscription_id = w.subscription_id
        WHERE w.tenant_id = e.tenant_id AND w.type = e.type AND w.created_at < e.created_at AND e.created_at >= @since
          AND d.event_id IS NULL`,
    },
    {
      // Orders' timelines name every event about an order; this one was handled, and nobody was told.
      find: `WITH ${WANTED} SELECT DISTINCT t.tenant_id AS tenantId, t.order_id AS orderId, t.message_id AS eventId,
          format('%s was handled, but is not kept for those who asked for it', t.type) AS detail
        FROM orders.order_timeline t CROSS JOIN wanted w
        WHERE w.tenant_id = t.tenant_id AND w.type = t.type AND w.created_at < t.at AND t.at >= @since AND t.at <= @settled
          AND NOT EXISTS (
            SELECT 1 FROM webhooks.events e WHERE e.tenant_id = t.tenant_id AND e.event_id = t.message_id)
          AND EXISTS (SELECT 1 FROM webhooks.inbox i WHERE i.message_id = t.message_id)`,
    },
  ],
});

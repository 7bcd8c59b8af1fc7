import { CATALOGUE, RECENT_DELIVERIES, RECENT_EVENTS, RECENT_STEPS, WANTED } from './events.js';
import { holds } from './invariant.js';

export const everySubscriptionGetsItsEvents = holds({
  id: 'every-subscription-gets-its-events',
  promise: 7,
  title: 'Every subscription has a delivery of every event that it asked for at the time',
  reads: ['webhooks', 'orders'],
  checked: `WITH ${RECENT_EVENTS} SELECT count(*) AS n FROM recent_events`,
  parameters: { catalogue: CATALOGUE },
  faults: [
    {
      find: `WITH ${WANTED}, ${RECENT_EVENTS}, ${RECENT_DELIVERIES}, untold AS (
          SELECT e.tenant_id, e.event_id, w.subscription_id FROM recent_events e CROSS JOIN wanted w
          WHERE w.type = e.type AND w.tenant_id = e.tenant_id AND w.since < e.created_at AND e.created_at < w.until
          EXCEPT SELECT tenant_id, event_id, subscription_id FROM recent_deliveries)
        SELECT u.tenant_id AS tenantId, e.order_id AS orderId, u.event_id AS eventId, u.subscription_id AS subscriptionId,
          format('%s has no delivery to it', e.type) AS detail
        FROM untold u JOIN webhooks.events e ON e.tenant_id = u.tenant_id AND e.event_id = u.event_id`,
    },
    {
      // The timelines name every event about an order; webhook-publisher handled this one and made no delivery.
      find: `WITH ${WANTED}, ${RECENT_STEPS}
        SELECT DISTINCT t.tenant_id AS tenantId, t.order_id AS orderId, t.message_id AS eventId,
          format('%s was handled, but is not kept for those who asked for it', t.type) AS detail
        FROM recent_steps t JOIN webhooks.inbox i ON i.message_id = t.message_id CROSS JOIN wanted w
        WHERE w.tenant_id = t.tenant_id AND w.type = t.type AND t.at <= @settled
          AND w.since < i.handled_at AND i.handled_at < w.until
          AND NOT EXISTS (
            SELECT 1 FROM webhooks.events e WHERE e.tenant_id = t.tenant_id AND e.event_id = t.message_id)`,
    },
  ],
});

import { CATALOGUE, RECENT_DELIVERIES, RECENT_EVENTS, RECENT_STEPS, WANTED } from './events.js';
import { type Fault, holds } from './invariant.js';

/** Recorded events that a subscription asked for, to which there is no delivery of them. */
const undelivered = (which: string, toldOf: string): Fault => ({
  find: `WITH ${WANTED}, ${RECENT_EVENTS}, ${RECENT_DELIVERIES}, told AS MATERIALIZED (
      SELECT tenant_id, event_id, subscription_id FROM recent_deliveries WHERE order_id IS NULL)
    SELECT e.tenant_id AS tenantId, e.order_id AS orderId, e.event_id AS eventId, w.subscription_id AS subscriptionId,
      format('%s has no delivery to it', e.type) AS detail
    FROM recent_events e CROSS JOIN wanted w
    WHERE w.tenant_id = e.tenant_id AND w.type = e.type AND w.created_at < e.created_at AND ${which}
      AND NOT EXISTS (SELECT 1 FROM ${toldOf} AND d.event_id = e.event_id AND d.subscription_id = w.subscription_id)`,
});

export const everySubscriberIsTold = holds({
  id: 'every-subscriber-is-told',
  promise: 7,
  title: 'Every subscription has a delivery of every event that it asked for',
  reads: ['webhooks', 'orders'],
  checked: `WITH ${RECENT_EVENTS} SELECT count(*) AS n FROM recent_events`,
  parameters: { catalogue: CATALOGUE },
  faults: [
    // There is an index on the order only; of other events there are few.
    undelivered(
      'e.order_id IS NOT NULL',
      'webhooks.deliveries d WHERE d.tenant_id = e.tenant_id AND d.order_id = e.order_id',
    ),
    undelivered('e.order_id IS NULL', 'told d WHERE d.tenant_id = e.tenant_id'),
    {
      // Orders' timelines name every event about an order; this one was handled, and nobody was told.
      find: `WITH ${WANTED}, ${RECENT_STEPS}
        SELECT DISTINCT t.tenant_id AS tenantId, t.order_id AS orderId, t.message_id AS eventId,
          format('%s was handled, but is not kept for those who asked for it', t.type) AS detail
        FROM recent_steps t CROSS JOIN wanted w
        WHERE w.tenant_id = t.tenant_id AND w.type = t.type AND w.created_at < t.at AND t.at <= @settled
          AND NOT EXISTS (
            SELECT 1 FROM webhooks.events e WHERE e.tenant_id = t.tenant_id AND e.event_id = t.message_id)
          AND EXISTS (SELECT 1 FROM webhooks.inbox i WHERE i.message_id = t.message_id)`,
    },
  ],
});

import { typesThat } from './events.js';
import { holds } from './invariant.js';

/** Inbox and effect are one transaction; the timeline is where orders-service shows the effect of every message. */
export const handledMeansDone = holds({
  id: 'handled-means-done',
  promise: 6,
  title: 'What orders-service handled is in its timelines, and what is there it has handled',
  reads: ['orders', 'webhooks'],
  checked: 'SELECT count(*) AS n FROM orders.order_timeline WHERE at >= @since',
  parameters: {
    own: typesThat(({ by }) => by === 'orders-service'),
    heard: typesThat(({ to }) => to.includes('orders-service')),
  },
  faults: [
    {
      find: `SELECT t.tenant_id AS tenantId, t.order_id AS orderId, t.message_id AS messageId,
          format('%s is in its timeline, but was never handled', t.type) AS detail
        FROM orders.order_timeline t
        WHERE t.at >= @since AND t.type NOT IN (SELECT value FROM json_each(@own))
          AND NOT EXISTS (SELECT 1 FROM orders.inbox i WHERE i.message_id = t.message_id)`,
    },
    {
      find: `SELECT e.tenant_id AS tenantId, e.order_id AS orderId, e.event_id AS messageId,
          format('its timeline lacks %s', e.type) AS detail
        FROM webhooks.events e
        WHERE e.order_id IS NOT NULL AND e.created_at >= @since AND e.created_at <= @settled
          AND (e.type IN (SELECT value FROM json_each(@own))
            OR (e.type IN (SELECT value FROM json_each(@heard))
              AND EXISTS (SELECT 1 FROM orders.inbox i WHERE i.message_id = e.event_id)))
          AND NOT EXISTS (SELECT 1 FROM orders.order_timeline t
            WHERE t.tenant_id = e.tenant_id AND t.order_id = e.order_id AND t.message_id = e.event_id)`,
    },
  ],
});

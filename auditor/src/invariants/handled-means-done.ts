import { RECENT_EVENTS, RECENT_STEPS, typesThat } from './events.js';
import { holds } from './invariant.js';

/** Inbox and effect are one transaction. In orders-service the timeline shows the effect of every message. */
export const handledMeansDone = holds({
  id: 'handled-means-done',
  promise: 6,
  title: 'What orders-service handled is in its timelines, and what is there it has handled',
  reads: ['orders', 'webhooks'],
  checked: `WITH ${RECENT_STEPS} SELECT count(*) AS n FROM recent_steps`,
  parameters: {
    own: typesThat(({ publisher }) => publisher === 'orders-service'),
    heard: typesThat(({ consumers }) => consumers.includes('orders-service')),
  },
  faults: [
    {
      find: `WITH ${RECENT_STEPS} SELECT t.tenant_id AS tenantId, t.order_id AS orderId, t.message_id AS messageId,
          format('%s is in its timeline, but was never handled', t.type) AS detail
        FROM recent_steps t
        WHERE t.type NOT IN (SELECT value FROM json_each(@own))
          AND NOT EXISTS (SELECT 1 FROM orders.inbox i WHERE i.message_id = t.message_id)`,
    },
    {
      find: `WITH ${RECENT_EVENTS} SELECT e.tenant_id AS tenantId, e.order_id AS orderId, e.event_id AS messageId,
          format('%s was handled, but its timeline lacks it', e.type) AS detail
        FROM recent_events e
        WHERE e.order_id IS NOT NULL AND e.created_at <= @settled AND e.type IN (SELECT value FROM json_each(@heard))
          AND NOT EXISTS (SELECT 1 FROM orders.order_timeline t
            WHERE t.tenant_id = e.tenant_id AND t.order_id = e.order_id AND t.message_id = e.event_id)
          AND EXISTS (SELECT 1 FROM orders.inbox i WHERE i.message_id = e.event_id)`,
    },
  ],
});

import { READERS, typesThat } from './events.js';
import { type Fault, holds } from './invariant.js';

/** Every event that is known from a timeline or from the publisher, and is not in this reader's inbox. */
const unhandled = ({ service, database }: (typeof READERS)[number]): Fault => ({
  find: `SELECT DISTINCT m.tenant_id AS tenantId, m.order_id AS orderId, m.message_id AS messageId,
      format('${service} has not handled %s', m.type) AS detail
    FROM (
      SELECT tenant_id, order_id, message_id, type, at FROM orders.order_timeline
      UNION ALL SELECT tenant_id, order_id, event_id, type, created_at FROM webhooks.events) m
    WHERE m.at >= @since AND m.at <= @settled AND m.type IN (SELECT value FROM json_each(@${database}))
      AND NOT EXISTS (SELECT 1 FROM ${database}.inbox i WHERE i.message_id = m.message_id)`,
  unlessUnderWayTo: service,
});

export const everyEventIsHandled = holds({
  id: 'every-event-is-handled',
  promise: 9,
  title: 'Every event was handled by each of its readers, waits for it, or is among its dead letters',
  reads: ['orders', 'webhooks', 'products', 'payments'],
  checked: `SELECT (SELECT count(*) FROM orders.order_timeline WHERE at >= @since)
    + (SELECT count(*) FROM webhooks.events WHERE created_at >= @since) AS n`,
  parameters: Object.fromEntries(
    READERS.map(({ service, database }) => [database, typesThat(({ to }) => to.includes(service))]),
  ),
  faults: READERS.map(unhandled),
});

import type { Aggregate } from '@comanda/contracts';
import { CATALOGUE, numbered, RECENT_EVENTS, typesThat } from './events.js';
import { type Fault, holds } from './invariant.js';

/** Events whose number is higher than the number of events that their aggregate has published. */
const beyond = (aggregate: Aggregate, rows: string, id: string): Fault => ({
  find: `WITH ${numbered(aggregate)} SELECT e.tenant_id AS tenantId, e.event_id AS eventId, e.id AS ${named(id)},
      format('%s is number %s; its ${aggregate} has published %s', e.type, e.sequence,
        coalesce(a.sequence, 'nothing: it is not there')) AS detail
    FROM numbered e LEFT JOIN ${rows} a ON a.tenant_id = e.tenant_id AND a.${id} = e.id
    WHERE e.created_at <= @settled AND (a.sequence IS NULL OR e.sequence > a.sequence)`,
});

const named = (column: string): string =>
  column.replace(/_(.)/g, (_, deadLetter: string) => deadLetter.toUpperCase());

export const whatWasPublishedWasCommitted = holds({
  id: 'what-was-published-was-committed',
  promise: 5,
  title: 'No event is known to the outside that its service does not know itself',
  reads: ['webhooks', 'orders', 'products', 'payments'],
  checked: `WITH ${RECENT_EVENTS} SELECT count(*) AS n FROM recent_events`,
  parameters: { catalogue: CATALOGUE, own: typesThat(({ publisher }) => publisher === 'orders-service') },
  faults: [
    {
      // The same transaction writes each event of an order and its step in the timeline.
      find: `WITH ${RECENT_EVENTS} SELECT e.tenant_id AS tenantId, e.order_id AS orderId, e.event_id AS eventId,
          format('%s is known outside, but its order has not published it', e.type) AS detail
        FROM recent_events e
        WHERE e.created_at <= @settled AND e.type IN (SELECT value FROM json_each(@own)) AND NOT EXISTS (
          SELECT 1 FROM orders.order_timeline t
          WHERE t.tenant_id = e.tenant_id AND t.order_id = e.order_id AND t.message_id = e.event_id)`,
    },
    beyond('reservation', 'products.reservations', 'order_id'),
    beyond('payment', 'payments.payments', 'order_id'),
    beyond('product', 'products.stock', 'product_id'),
    beyond('subscription', 'webhooks.subscriptions', 'subscription_id'),
  ],
});

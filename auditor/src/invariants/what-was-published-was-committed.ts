import { CATALOGUE } from './events.js';
import { holds } from './invariant.js';

/** Recorded events of one kind of aggregate, and how many events the aggregate itself says it has told. */
const beyond = (aggregate: string, idIn: string, rows: string, id: string) => ({
  find: `SELECT e.tenant_id AS tenantId, e.event_id AS eventId, e.body ->> '$.data.${idIn}' AS ${idIn},
      format('%s is number %s; its ${aggregate} has told %s', e.type, e.body ->> 'sequence',
        coalesce(a.sequence, 'nothing: it is not there')) AS detail
    FROM webhooks.events e
    LEFT JOIN ${rows} a ON a.tenant_id = e.tenant_id AND a.${id} = e.body ->> '$.data.${idIn}'
    WHERE e.created_at >= @since AND e.created_at <= @settled AND e.type IN (
        SELECT value ->> 'type' FROM json_each(@catalogue) WHERE value ->> 'aggregate' = '${aggregate}')
      AND (a.sequence IS NULL OR e.body ->> 'sequence' > a.sequence)`,
});

export const whatWasPublishedWasCommitted = holds({
  id: 'what-was-published-was-committed',
  promise: 5,
  title: 'No event is known to the outside that its service does not know itself',
  reads: ['webhooks', 'orders', 'products', 'payments'],
  checked: 'SELECT count(*) AS n FROM webhooks.events WHERE created_at >= @since',
  parameters: { catalogue: CATALOGUE },
  faults: [
    beyond('order', 'orderId', 'orders.orders', 'order_id'),
    beyond('reservation', 'orderId', 'products.reservations', 'order_id'),
    beyond('payment', 'orderId', 'payments.payments', 'order_id'),
    beyond('product', 'productId', 'products.products', 'product_id'),
    beyond('subscription', 'subscriptionId', 'webhooks.subscriptions', 'subscription_id'),
  ],
});

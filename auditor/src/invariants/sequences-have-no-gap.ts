import type { Aggregate } from '@comanda/contracts';
import { CATALOGUE, numbered, RECENT_ORDERS, typesThat, WANTED } from './events.js';
import { type Fault, holds } from './invariant.js';

/** Compares the number of events in each timeline with the number that the aggregate's row says was published. */
const shown = (aggregate: 'order' | 'reservation' | 'payment', rows: string): string => `
  WITH ${RECENT_ORDERS} SELECT a.tenant_id AS tenantId, a.order_id AS orderId,
    format('its ${aggregate} has published %s events, its timeline shows %s', a.sequence, count(t.message_id)) AS detail
  FROM recent_orders o CROSS JOIN ${rows} a ON a.tenant_id = o.tenant_id AND a.order_id = o.order_id
  LEFT JOIN orders.order_timeline t ON t.tenant_id = a.tenant_id AND t.order_id = a.order_id
    AND t.type IN (SELECT value FROM json_each(@${aggregate}))
  ${aggregate === 'order' ? '' : 'WHERE a.updated_at <= @settled'}
  GROUP BY a.tenant_id, a.order_id HAVING count(t.message_id) <> a.sequence`;

/** Since when some subscription has asked for every event of these aggregates without a break. */
const COVERED = `${WANTED}, covered AS MATERIALIZED (
  SELECT tenant_id, aggregate, min(since) AS since FROM (
    SELECT tenant_id, subscription_id, since, aggregate, count(*) AS types
    FROM wanted WHERE until = 'never' GROUP BY tenant_id, subscription_id, since, aggregate) one
  WHERE types = (SELECT count(*) FROM catalogue c WHERE c.aggregate = one.aggregate)
  GROUP BY tenant_id, aggregate)`;

/**
 * Events that are about no order are in no timeline. Since some subscription has asked for all of them,
 * webhook-publisher must have recorded every one, up to the last that was published.
 */
const recorded = (
  aggregate: Extract<Aggregate, 'product' | 'subscription'>,
  rows: string,
  idName: string,
  settled: string,
): Fault => ({
  find: `WITH ${COVERED}, ${numbered(aggregate)}, own AS MATERIALIZED (
      SELECT n.* FROM numbered n JOIN covered c ON c.tenant_id = n.tenant_id AND n.created_at > c.since
      WHERE c.aggregate = '${aggregate}')
    SELECT a.tenant_id AS tenantId, a.${aggregate}_id AS ${idName},
      format('it has published %s events; %s are known, from number %s to %s', a.sequence, count(DISTINCT r.sequence),
        min(r.sequence), max(r.sequence)) AS detail
    FROM ${rows} a JOIN covered c ON c.tenant_id = a.tenant_id AND c.aggregate = '${aggregate}'
    LEFT JOIN own r ON r.tenant_id = a.tenant_id AND r.id = a.${aggregate}_id
    WHERE a.sequence > 0 AND ${settled}
    GROUP BY a.tenant_id, a.${aggregate}_id
    HAVING coalesce(max(r.sequence), 0) < a.sequence
      OR max(r.sequence) - min(r.sequence) + 1 <> count(DISTINCT r.sequence)`,
  unlessUnderWayTo: 'webhook-publisher',
});

export const sequencesHaveNoGap = holds({
  id: 'sequences-have-no-gap',
  promise: 8,
  title: 'Every aggregate numbers its events without a gap and without a repeat',
  reads: ['orders', 'products', 'payments', 'webhooks'],
  checked: `WITH ${RECENT_ORDERS} SELECT 3 * (SELECT count(*) FROM recent_orders)
    + (SELECT count(*) FROM products.stock) + (SELECT count(*) FROM webhooks.subscriptions) AS n`,
  parameters: {
    catalogue: CATALOGUE,
    order: typesThat(({ aggregate }) => aggregate === 'order'),
    reservation: typesThat(({ aggregate }) => aggregate === 'reservation'),
    payment: typesThat(({ aggregate }) => aggregate === 'payment'),
  },
  faults: [
    { find: shown('order', 'orders.orders') },
    { find: shown('reservation', 'products.reservations'), unlessUnderWayTo: 'orders-service' },
    { find: shown('payment', 'payments.payments'), unlessUnderWayTo: 'orders-service' },
    {
      find: `WITH ${numbered('order', 'reservation', 'payment', 'product', 'subscription')}
        SELECT tenant_id AS tenantId, id AS aggregateId, min(event_id) AS eventId, max(event_id) AS otherEventId,
          format('%s events of this %s have the number %s', count(*), aggregate, sequence) AS detail
        FROM numbered GROUP BY tenant_id, aggregate, id, sequence HAVING count(*) > 1`,
    },
    recorded(
      'product',
      'products.stock',
      'productId',
      'a.last_event_at > c.since AND a.last_event_at >= @since AND a.last_event_at <= @settled',
    ),
    // A subscription's row does not say when it changed, so in a running system its last event may be on its way.
    recorded(
      'subscription',
      'webhooks.subscriptions',
      'subscriptionId',
      'a.created_at >= c.since AND a.created_at >= @since AND @atRest = 1',
    ),
  ],
});

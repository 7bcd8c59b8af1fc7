import { aggregateOf, CATALOGUE, typesThat, WANTED } from './events.js';
import { type Fault, holds } from './invariant.js';

/** How many events of one kind each order's timeline shows, beside how many the row says it has told. */
const shown = (aggregate: 'order' | 'reservation' | 'payment', rows: string): string => `
  SELECT a.tenant_id AS tenantId, a.order_id AS orderId,
    format('its ${aggregate} has told %s events, its timeline shows %s', a.sequence, count(t.message_id)) AS detail
  FROM ${rows} a LEFT JOIN orders.order_timeline t ON t.tenant_id = a.tenant_id AND t.order_id = a.order_id
    AND t.type IN (SELECT value FROM json_each(@${aggregate}))
  WHERE a.updated_at >= @since ${aggregate === 'order' ? '' : 'AND a.updated_at <= @settled'}
  GROUP BY a.tenant_id, a.order_id HAVING count(t.message_id) <> a.sequence`;

/** Recorded events with what their numbers count. */
const RECORDED = `recorded AS MATERIALIZED (
  SELECT e.tenant_id, c.value ->> 'aggregate' AS aggregate, e.body ->> 'sequence' AS sequence, e.created_at, e.event_id,
    CASE c.value ->> 'aggregate' WHEN 'product' THEN e.body ->> '$.data.productId'
      WHEN 'subscription' THEN e.body ->> '$.data.subscriptionId' ELSE e.body ->> '$.data.orderId' END AS id
  FROM webhooks.events e JOIN json_each(@catalogue) c ON c.value ->> 'type' = e.type
  WHERE e.created_at >= @since)`;

/** Since when somebody has been told of everything that this kind of aggregate tells. */
const COVERED = `${WANTED}, covered AS MATERIALIZED (
  SELECT tenant_id, aggregate, min(created_at) AS since FROM (
    SELECT w.tenant_id, w.subscription_id, w.created_at, c.value ->> 'aggregate' AS aggregate, count(*) AS types
    FROM wanted w JOIN json_each(@catalogue) c ON c.value ->> 'type' = w.type
    GROUP BY w.tenant_id, w.subscription_id, w.created_at, c.value ->> 'aggregate') one
  WHERE types = (SELECT count(*) FROM json_each(@catalogue) c WHERE c.value ->> 'aggregate' = one.aggregate)
  GROUP BY tenant_id, aggregate)`;

/** The last one that is recorded must be the last one that was told, where everything is recorded. */
const last = (aggregate: 'product' | 'subscription', rows: string, id: string, settled: string): string => `
  WITH ${COVERED}, ${RECORDED} SELECT a.tenant_id AS tenantId, a.${aggregate}_id AS ${id},
    format('it has told %s events, the last one that arrived is %s', a.sequence, coalesce(max(r.sequence), 'none')) AS detail
  FROM ${rows} a JOIN covered c ON c.tenant_id = a.tenant_id AND c.aggregate = '${aggregate}'
  LEFT JOIN recorded r ON r.tenant_id = a.tenant_id AND r.aggregate = '${aggregate}' AND r.id = a.${aggregate}_id
  WHERE a.sequence > 0 AND ${settled}
  GROUP BY a.tenant_id, a.${aggregate}_id HAVING coalesce(max(r.sequence), 0) < a.sequence`;

const NUMBERED: readonly Fault[] = [
  {
    find: `WITH ${RECORDED} SELECT tenant_id AS tenantId, id AS aggregateId, min(event_id) AS eventId,
        max(event_id) AS otherEventId, format('%s events of this %s have the number %s', count(*), aggregate, sequence) AS detail
      FROM recorded GROUP BY tenant_id, aggregate, id, sequence HAVING count(*) > 1`,
  },
  {
    find: `WITH ${COVERED}, ${RECORDED} SELECT r.tenant_id AS tenantId, r.id AS aggregateId,
        format('of this %s the events %s to %s must be known, and are only %s', r.aggregate, min(r.sequence),
          max(r.sequence), count(DISTINCT r.sequence)) AS detail
      FROM recorded r JOIN covered c ON c.tenant_id = r.tenant_id AND c.aggregate = r.aggregate
      WHERE r.created_at > c.since AND r.created_at <= @settled
      GROUP BY r.tenant_id, r.aggregate, r.id HAVING max(r.sequence) - min(r.sequence) + 1 <> count(DISTINCT r.sequence)`,
    unlessUnderWayTo: 'webhook-publisher',
  },
];

export const sequencesHaveNoGap = holds({
  id: 'sequences-have-no-gap',
  promise: 8,
  title: 'Every aggregate numbers its events without a gap and without a repeat',
  reads: ['orders', 'products', 'payments', 'webhooks'],
  checked: `SELECT (SELECT count(*) FROM orders.orders WHERE updated_at >= @since)
    + (SELECT count(*) FROM products.reservations WHERE updated_at >= @since)
    + (SELECT count(*) FROM payments.payments WHERE updated_at >= @since)
    + (SELECT count(*) FROM webhooks.events WHERE created_at >= @since) AS n`,
  parameters: {
    catalogue: CATALOGUE,
    order: typesThat((event) => aggregateOf(event) === 'order'),
    reservation: typesThat((event) => aggregateOf(event) === 'reservation'),
    payment: typesThat((event) => aggregateOf(event) === 'payment'),
  },
  faults: [
    { find: shown('order', 'orders.orders') },
    { find: shown('reservation', 'products.reservations'), unlessUnderWayTo: 'orders-service' },
    { find: shown('payment', 'payments.payments'), unlessUnderWayTo: 'orders-service' },
    ...NUMBERED,
    {
      find: last(
        'product',
        'products.products',
        'productId',
        'a.updated_at > c.since AND a.updated_at >= @since AND a.updated_at <= @settled',
      ),
      unlessUnderWayTo: 'webhook-publisher',
    },
    {
      // A subscription does not say when it changed, so in motion nobody knows whether its last event is still under way.
      find: last('subscription', 'webhooks.subscriptions', 'subscriptionId', 'a.created_at >= @since AND @atRest = 1'),
      unlessUnderWayTo: 'webhook-publisher',
    },
  ],
});

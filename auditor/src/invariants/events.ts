import { type Aggregate, EVENTS, type EventType } from '@comanda/contracts';

/** A list of event types as a statement takes it: `type IN (SELECT value FROM json_each(@name))`. */
export const typesThat = (holds: (event: EventType) => boolean): string =>
  JSON.stringify(EVENTS.filter(holds).map(({ type }) => type));

/** Every event type with the aggregate that its sequence counts, for `json_each(@catalogue)`. */
export const CATALOGUE = JSON.stringify(
  EVENTS.map((event) => ({ type: event.type, by: event.publisher, aggregate: event.aggregate })),
);

/** A change is judged by the clock of the instance that made it, an event by that of another: for so long either may be. */
const SLACK = '1 second';
const shifted = (time: string, by: string): string => `strftime('%Y-%m-%dT%H:%M:%fZ', ${time}, '${by}')`;

/**
 * Which event types each subscription has asked for, after which time and before which (never, where it still does).
 * Needs `@catalogue`.
 */
export const WANTED = `catalogue AS MATERIALIZED (
    SELECT CAST(value ->> 'type' AS TEXT) AS type, value ->> 'aggregate' AS aggregate FROM json_each(@catalogue)),
  terms AS (
    SELECT tenant_id, subscription_id, event_types,
      CASE WHEN lag(at) OVER each IS NULL THEN at ELSE ${shifted('at', `+${SLACK}`)} END AS since,
      coalesce(${shifted('lead(at) OVER each', `-${SLACK}`)}, 'never') AS until
    FROM webhooks.subscription_changes WINDOW each AS (PARTITION BY tenant_id, subscription_id ORDER BY change_id)),
  wanted AS MATERIALIZED (
    SELECT DISTINCT s.tenant_id, s.subscription_id, s.since, s.until, c.type, c.aggregate
    FROM terms s CROSS JOIN json_each(s.event_types) p CROSS JOIN catalogue c
    WHERE p.value IN ('*', c.type)
      OR (p.value LIKE '%.*' AND substr(c.type, 1, length(p.value) - 1) = substr(p.value, 1, length(p.value) - 1)))`;

/** The tenants in a table whose key begins with the tenant: one index step for each tenant, not for each row. */
const tenantsOf = (rows: string): string => `(
  WITH RECURSIVE tenants (tenant_id) AS (
    SELECT min(tenant_id) FROM ${rows}
    UNION ALL SELECT (SELECT min(r.tenant_id) FROM ${rows} r WHERE r.tenant_id > t.tenant_id) FROM tenants t
    WHERE t.tenant_id IS NOT NULL)
  SELECT tenant_id FROM tenants WHERE tenant_id IS NOT NULL)`;

/** The span over which histories are compared. It is reached by index, so older rows cost nothing. Needs `@since`. */
export const RECENT_ORDERS = `recent_orders AS (
  SELECT o.* FROM ${tenantsOf('orders.orders')} t CROSS JOIN orders.orders o
  WHERE o.tenant_id = t.tenant_id AND o.created_at >= @since)`;

/** The timelines of recent orders. */
export const RECENT_STEPS = `${RECENT_ORDERS}, recent_steps AS (
  SELECT s.* FROM recent_orders o CROSS JOIN orders.order_timeline s
  WHERE s.tenant_id = o.tenant_id AND s.order_id = o.order_id)`;

/** Recent events by their ids: UUIDv7 begins with the time, and `@sinceId` is the smallest id of `@since`. */
export const RECENT_EVENTS = `recent_events AS (
  SELECT e.* FROM ${tenantsOf('webhooks.events')} t CROSS JOIN webhooks.events e
  WHERE e.tenant_id = t.tenant_id AND e.event_id >= @sinceId)`;

export const RECENT_DELIVERIES = `recent_deliveries AS (
  SELECT d.* FROM ${tenantsOf('webhooks.deliveries')} t CROSS JOIN webhooks.deliveries d
  WHERE d.tenant_id = t.tenant_id AND d.created_at >= @since)`;

/** Events of these aggregates with the aggregate that their sequence counts. Needs `@catalogue`. */
export const numbered = (
  ...aggregates: readonly Aggregate[]
): string => `${RECENT_EVENTS}, kinds AS MATERIALIZED (
    SELECT CAST(value ->> 'type' AS TEXT) AS type, value ->> 'aggregate' AS aggregate FROM json_each(@catalogue)
    WHERE value ->> 'aggregate' IN (${aggregates.map((one) => `'${one}'`).join(', ')})),
  numbered AS MATERIALIZED (
    SELECT e.tenant_id, e.event_id, e.type, e.created_at, k.aggregate, e.body ->> 'sequence' AS sequence,
      CASE k.aggregate WHEN 'product' THEN e.body ->> '$.data.productId'
        WHEN 'subscription' THEN e.body ->> '$.data.subscriptionId' ELSE e.order_id END AS id
    FROM recent_events e CROSS JOIN kinds k WHERE k.type = e.type)`;

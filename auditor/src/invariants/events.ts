import { EVENTS, type EventType, type ServiceName } from '@comanda/contracts';
import { z } from 'zod';
import type { DatabaseName } from '../books.js';

/** Whose database is whose. */
export const READERS: readonly { readonly service: ServiceName; readonly database: DatabaseName }[] = [
  { service: 'products-service', database: 'products' },
  { service: 'orders-service', database: 'orders' },
  { service: 'payments-service', database: 'payments' },
  { service: 'webhook-publisher', database: 'webhooks' },
];

/** What an event's `sequence` counts: the events of one order, of its reservation, its payment ... */
export type Aggregate = 'order' | 'reservation' | 'payment' | 'product' | 'subscription';

const AboutOrder = z.looseObject({ orderId: z.string() });

export function aggregateOf({ by, example }: EventType): Aggregate {
  if (by === 'orders-service') return 'order';
  if (by === 'payments-service') return 'payment';
  if (by === 'webhook-publisher') return 'subscription';
  return AboutOrder.safeParse(example).success ? 'reservation' : 'product';
}

/** A list of event types as a statement takes it: `type IN (SELECT value FROM json_each(@name))`. */
export const typesThat = (holds: (event: EventType) => boolean): string =>
  JSON.stringify(EVENTS.filter(holds).map(({ type }) => type));

/** Every event type with what it counts, for `json_each(@catalogue)`. */
export const CATALOGUE = JSON.stringify(
  EVENTS.map((event) => ({ type: event.type, by: event.by, aggregate: aggregateOf(event) })),
);

/**
 * Which event types each live subscription asks for, from when on. A subscription is disabled or deleted for good,
 * so one that is live has been so since it was made. Needs `@catalogue`.
 */
export const WANTED = `wanted AS MATERIALIZED (
  SELECT DISTINCT s.tenant_id, s.subscription_id, s.created_at, c.value ->> 'type' AS type
  FROM webhooks.subscriptions s CROSS JOIN json_each(s.event_types) p CROSS JOIN json_each(@catalogue) c
  WHERE s.enabled = 1 AND s.deleted = 0
    AND (p.value IN ('*', c.value ->> 'type')
      OR (p.value LIKE '%.*' AND substr(c.value ->> 'type', 1, length(p.value) - 1) = substr(p.value, 1, length(p.value) - 1))))`;

import type { ServiceName } from '@comanda/contracts';
import type { DatabaseName } from '../books.js';
import { RECENT_EVENTS, RECENT_STEPS, typesThat } from './events.js';
import { type Fault, holds } from './invariant.js';

interface Hearing {
  readonly service: ServiceName;
  readonly database: DatabaseName;
  /** Where the events are known from: somebody else's books. */
  readonly known: string;
}

// A timeline names every event about an order. It can't tell what orders-service missed; the publisher can.
const steps = `${RECENT_STEPS}, known AS (SELECT tenant_id, order_id, message_id, type, at FROM recent_steps)`;
const recorded = `${RECENT_EVENTS}, known AS (
  SELECT tenant_id, order_id, event_id AS message_id, type, created_at AS at FROM recent_events)`;

const HEARINGS: readonly Hearing[] = [
  { service: 'products-service', database: 'products', known: steps },
  { service: 'orders-service', database: 'orders', known: recorded },
  { service: 'payments-service', database: 'payments', known: steps },
  { service: 'webhook-publisher', database: 'webhooks', known: steps },
];

const unhandled = ({ service, database, known }: Hearing): Fault => ({
  find: `WITH ${known} SELECT k.tenant_id AS tenantId, k.order_id AS orderId, k.message_id AS messageId,
      format('${service} has not handled %s', k.type) AS detail
    FROM known k WHERE k.at <= @settled AND k.type IN (SELECT value FROM json_each(@${database}))
      AND NOT EXISTS (SELECT 1 FROM ${database}.inbox i WHERE i.message_id = k.message_id)`,
  unlessUnderWayTo: service,
});

export const everyEventIsHandled = holds({
  id: 'every-event-is-handled',
  promise: 9,
  title: 'Every event was handled by each of its readers, waits for it, or is among its dead letters',
  reads: ['orders', 'webhooks', 'products', 'payments'],
  checked: `WITH ${RECENT_STEPS}, ${RECENT_EVENTS}
    SELECT (SELECT count(*) FROM recent_steps) + (SELECT count(*) FROM recent_events) AS n`,
  parameters: Object.fromEntries(
    HEARINGS.map(({ service, database }) => [
      database,
      typesThat(({ consumers }) => consumers.includes(service)),
    ]),
  ),
  faults: HEARINGS.map(unhandled),
});

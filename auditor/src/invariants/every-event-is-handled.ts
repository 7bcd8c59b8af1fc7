import { CONSUMING_SERVICES, type ConsumingService } from '@comanda/contracts';
import { CATALOGUE, RECENT_EVENTS, RECENT_STEPS, typesThat, WANTED } from './events.js';
import { type Fault, holds } from './invariant.js';

// A timeline names every event about an order. It can't show what orders-service missed; the publisher's database can.
const steps = `${RECENT_STEPS}, known AS (SELECT tenant_id, order_id, message_id, type, at FROM recent_steps)`;
const recorded = `${RECENT_EVENTS}, known AS (
  SELECT tenant_id, order_id, event_id AS message_id, type, created_at AS at FROM recent_events)`;

/** Where the events for a service are found: in another service's database. */
const knownTo = ({ name }: ConsumingService): string => (name === 'orders-service' ? recorded : steps);

/** The publisher keeps nothing of an event that no subscription asks for, at the time when it comes. */
const concerns = ({ name }: ConsumingService): string =>
  name === 'webhook-publisher'
    ? `EXISTS (SELECT 1 FROM wanted w
        WHERE w.tenant_id = k.tenant_id AND w.type = k.type AND w.since < k.at AND w.until = 'never')`
    : 'true';

const unhandled = (service: ConsumingService): Fault => ({
  find: `WITH ${WANTED}, ${knownTo(service)} SELECT k.tenant_id AS tenantId, k.order_id AS orderId, k.message_id AS messageId,
      format('${service.name} has not handled %s', k.type) AS detail
    FROM known k WHERE k.at <= @settled AND k.type IN (SELECT value FROM json_each(@${service.alias})) AND ${concerns(service)}
      AND NOT EXISTS (SELECT 1 FROM ${service.alias}.inbox i WHERE i.message_id = k.message_id)
      AND NOT EXISTS (SELECT 1 FROM ${service.alias}.dead_letters d
        WHERE d.tenant_id = k.tenant_id AND d.message_id = k.message_id AND d.left_at IS NULL)`,
  unlessUnderWayTo: service.name,
});

export const everyEventIsHandled = holds({
  id: 'every-event-is-handled',
  promise: 9,
  title: 'Every event was handled by each of its consumers, waits for it, or is among its dead letters',
  reads: CONSUMING_SERVICES.map(({ alias }) => alias),
  checked: `WITH ${RECENT_STEPS}, ${RECENT_EVENTS}
    SELECT (SELECT count(*) FROM recent_steps) + (SELECT count(*) FROM recent_events) AS n`,
  parameters: {
    catalogue: CATALOGUE,
    ...Object.fromEntries(
      CONSUMING_SERVICES.map(({ name, alias }) => [
        alias,
        typesThat(({ consumers }) => consumers.includes(name)),
      ]),
    ),
  },
  faults: CONSUMING_SERVICES.map(unhandled),
});

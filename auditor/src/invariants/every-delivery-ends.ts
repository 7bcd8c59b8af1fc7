import { RECENT_DELIVERIES } from './events.js';
import { holds } from './invariant.js';

export const everyDeliveryEnds = holds({
  id: 'every-delivery-ends',
  promise: 7,
  title:
    'Every delivery has an end that its history shows, or a next attempt that has work; a replay sends each event once',
  reads: ['webhooks'],
  checked: `WITH ${RECENT_DELIVERIES} SELECT count(*) AS n FROM recent_deliveries`,
  faults: [
    {
      find: `SELECT d.tenant_id AS tenantId, d.delivery_id AS deliveryId, d.event_id AS eventId,
          'it is PENDING, and nobody will make the next attempt' AS detail
        FROM webhooks.deliveries d
        WHERE d.status = 'PENDING' AND (d.next_attempt_at IS NULL OR NOT EXISTS (
          SELECT 1 FROM webhooks.work w WHERE w.kind = 'deliver' AND w.id = d.delivery_id))`,
    },
    {
      find: `WITH ${RECENT_DELIVERIES} SELECT d.tenant_id AS tenantId, d.delivery_id AS deliveryId, d.event_id AS eventId,
          format('it is %s, and its history shows no attempt that ended so', d.status) AS detail
        FROM recent_deliveries d
        WHERE d.status <> 'PENDING' AND (d.next_attempt_at IS NOT NULL OR NOT EXISTS (
          SELECT 1 FROM webhooks.attempts a WHERE a.tenant_id = d.tenant_id AND a.delivery_id = d.delivery_id
            AND (d.status <> 'DELIVERED' OR a.status_code BETWEEN 200 AND 299)))`,
    },
    {
      find: `WITH ${RECENT_DELIVERIES} SELECT d.tenant_id AS tenantId, d.delivery_id AS deliveryId, d.event_id AS eventId,
          'its event is not there' AS detail
        FROM recent_deliveries d WHERE NOT EXISTS (
          SELECT 1 FROM webhooks.events e WHERE e.tenant_id = d.tenant_id AND e.event_id = d.event_id)`,
    },
    {
      find: `WITH ${RECENT_DELIVERIES} SELECT d.tenant_id AS tenantId, d.replay_id AS replayId, d.event_id AS eventId,
          format('the replay made %d deliveries of this event', count(*)) AS detail
        FROM recent_deliveries d WHERE d.replay_id IS NOT NULL
        GROUP BY d.tenant_id, d.replay_id, d.event_id HAVING count(*) > 1`,
    },
    {
      find: `SELECT r.tenant_id AS tenantId, r.replay_id AS replayId, r.subscription_id AS subscriptionId,
          'it is RUNNING, and nobody will take it further' AS detail
        FROM webhooks.replays r WHERE r.running_for IS NOT NULL AND NOT EXISTS (
          SELECT 1 FROM webhooks.work w WHERE w.kind = 'replay' AND w.id = r.replay_id)`,
    },
  ],
});

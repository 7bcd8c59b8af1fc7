import { type Retention, statement } from '@comanda/storage';

const ENDED_DELIVERIES = statement(`SELECT d.tenant_id AS tenant, d.delivery_id AS delivery FROM deliveries d
  WHERE d.created_at < $1 AND d.status <> 'PENDING' AND NOT EXISTS (
    SELECT 1 FROM attempts a
    WHERE a.tenant_id = d.tenant_id AND a.delivery_id = d.delivery_id AND a.at >= $1)
  ORDER BY d.created_at LIMIT $2`);

/** By a list of tenants and deliveries. */
const removeFrom = (table: string) =>
  statement({
    sqlite: `DELETE FROM ${table} WHERE (tenant_id, delivery_id) IN (
      SELECT value ->> 0, value ->> 1 FROM json_each($1))`,
    postgres: `DELETE FROM ${table} WHERE (tenant_id, delivery_id) IN (
      SELECT value ->> 0, value ->> 1 FROM jsonb_array_elements($1::jsonb))`,
  });
const REMOVE_ATTEMPTS = removeFrom('attempts');
const REMOVE_TEXTS = removeFrom('sent_texts');
const REMOVE_DELIVERIES = removeFrom('deliveries');

const ENDED_NOTIFICATIONS =
  statement(`SELECT n.tenant_id AS tenant, n.notification_id AS delivery, n.order_id AS "order" FROM notifications n
  WHERE n.created_at < $1 AND n.status <> 'PENDING' ORDER BY n.created_at LIMIT $2`);
const REMOVE_NOTIFICATIONS = statement({
  sqlite: `DELETE FROM notifications WHERE (tenant_id, notification_id, order_id) IN (
    SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each($1))`,
  postgres: `DELETE FROM notifications WHERE (tenant_id, notification_id, order_id) IN (
    SELECT value ->> 0, value ->> 1, value ->> 2 FROM jsonb_array_elements($1::jsonb))`,
});

const REMOVE_EVENTS = statement(`DELETE FROM events WHERE (tenant_id, event_id) IN (
    SELECT e.tenant_id, e.event_id FROM events e
    WHERE e.created_at < $1 AND NOT EXISTS (
      SELECT 1 FROM deliveries d WHERE d.tenant_id = e.tenant_id AND d.event_id = e.event_id)
    AND NOT EXISTS (
      SELECT 1 FROM notifications n WHERE n.tenant_id = e.tenant_id AND n.event_id = e.event_id)
    ORDER BY e.created_at LIMIT $2)
  RETURNING 1`);

const REMOVE_REPLAYS = statement(`DELETE FROM replays WHERE (tenant_id, replay_id) IN (
    SELECT r.tenant_id, r.replay_id FROM replays r
    WHERE r.created_at < $1 AND r.status <> 'RUNNING' ORDER BY r.created_at LIMIT $2)
  RETURNING 1`);

const REMOVE_HOURS = statement(`DELETE FROM delivery_hours WHERE (tenant_id, subscription_id, hour) IN (
    SELECT h.tenant_id, h.subscription_id, h.hour FROM delivery_hours h
    WHERE h.hour < $1 ORDER BY h.hour LIMIT $2)
  RETURNING 1`);
const ERASE_CONTACTS =
  statement(`UPDATE contacts SET sealed = NULL, channels = '[]', waiting = '[]', erased_at = $3
  WHERE (tenant_id, order_id) IN (
    SELECT c.tenant_id, c.order_id FROM contacts c
    WHERE c.erased_at IS NULL AND c.kept_from < $1 ORDER BY c.kept_from LIMIT $2)
  RETURNING 1`);
const REMOVE_CONTACTS = statement(`DELETE FROM contacts WHERE (tenant_id, order_id) IN (
    SELECT c.tenant_id, c.order_id FROM contacts c
    WHERE c.erased_at IS NOT NULL AND c.erased_at < $1 ORDER BY c.erased_at LIMIT $2)
  RETURNING 1`);

/**
 * How long contacts are kept after the last thing that their customers were told. The empty row of one that was erased is
 * kept for as long as the history, so that no late copy of the command brings it back.
 */
export const contactRetentions = (
  keptDays: { readonly contacts: number; readonly history: number },
  clock: () => Date,
): readonly Retention[] => [
  {
    what: 'contacts',
    keptDays: keptDays.contacts,
    remove: async (sql, { before, limit }) =>
      (await sql.run(ERASE_CONTACTS, before, limit, clock().toISOString())).length,
  },
  {
    what: 'erased-contacts',
    keptDays: keptDays.history,
    remove: async (sql, { before, limit }) => (await sql.run(REMOVE_CONTACTS, before, limit)).length,
  },
];

/**
 * How long the history of deliveries is kept. Housekeeping removes deliveries that have ended and were not attempted
 * for that long, by a worker or by hand, each with its attempts. Then it removes events that have no delivery left,
 * because nobody can replay them.
 */
export const historyRetentions = (keptDays: number): readonly Retention[] => [
  {
    what: 'deliveries',
    keptDays,
    async remove(sql, { before, limit }) {
      const ended = await sql.run(ENDED_DELIVERIES, before, limit);
      if (ended.length === 0) return 0;
      const keys = ended.map(({ tenant, delivery }) => [tenant, delivery]);
      await sql.run(REMOVE_ATTEMPTS, keys);
      await sql.run(REMOVE_TEXTS, keys);
      await sql.run(REMOVE_DELIVERIES, keys);
      return ended.length;
    },
  },
  {
    what: 'notifications',
    keptDays,
    async remove(sql, { before, limit }) {
      const ended = await sql.run(ENDED_NOTIFICATIONS, before, limit);
      if (ended.length === 0) return 0;
      const keys = ended.map(({ tenant, delivery, order }) => [tenant, delivery, order]);
      await sql.run(REMOVE_ATTEMPTS, keys);
      await sql.run(REMOVE_TEXTS, keys);
      await sql.run(REMOVE_NOTIFICATIONS, keys);
      return ended.length;
    },
  },
  {
    what: 'events',
    keptDays,
    remove: async (sql, { before, limit }) => (await sql.run(REMOVE_EVENTS, before, limit)).length,
  },
  {
    what: 'delivery hours',
    keptDays,
    remove: async (sql, { before, limit }) => (await sql.run(REMOVE_HOURS, before, limit)).length,
  },
  {
    what: 'replays',
    keptDays,
    remove: async (sql, { before, limit }) => (await sql.run(REMOVE_REPLAYS, before, limit)).length,
  },
];

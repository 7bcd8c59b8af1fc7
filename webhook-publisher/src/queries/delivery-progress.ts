import { ChannelName } from '@comanda/contracts';
import { type Reader, statement } from '@comanda/storage';
import { z } from 'zod';
import type { Delivery } from '../storage/tables.js';

// By the keys of subscriptions and attempts; CROSS JOIN keeps SQLite at that order. An attempt that is not made, because
// the subscription is disabled or deleted, stands in the history as well.
const OF = `SELECT d.value AS "deliveryId", s.channel, s.target,
    (SELECT count(*) FROM attempts a WHERE a.tenant_id = $1 AND a.delivery_id = d.value) AS "attemptCount",
    l.status_code AS "lastStatusCode", l.error AS "lastError"
  FROM`;
const JOINED = `CROSS JOIN deliveries v JOIN subscriptions s
    ON s.tenant_id = v.tenant_id AND s.subscription_id = v.subscription_id
  LEFT JOIN attempts l ON l.tenant_id = v.tenant_id AND l.delivery_id = v.delivery_id AND l.attempt_id = (
    SELECT max(a.attempt_id) FROM attempts a WHERE a.tenant_id = v.tenant_id AND a.delivery_id = v.delivery_id)
  WHERE v.tenant_id = $1 AND v.delivery_id = d.value`;
const PROGRESS = statement({
  sqlite: `${OF} json_each($2) d ${JOINED}`,
  postgres: `${OF} jsonb_array_elements_text($2::jsonb) AS d(value) ${JOINED}`,
});

const Progress = z.object({
  deliveryId: z.string(),
  channel: ChannelName,
  target: z.string(),
  attemptCount: z.number(),
  lastStatusCode: z.number().nullable(),
  lastError: z.string().nullable(),
});
export type Progress = z.output<typeof Progress>;

/** How far deliveries of one tenant are and where they go, by their ids: one statement, however many there are. */
export async function progressOf(
  reader: Reader,
  tenantId: string,
  them: readonly Delivery[],
): Promise<ReadonlyMap<string, Progress>> {
  const ids = them.map(({ deliveryId }) => deliveryId);
  const rows = z.array(Progress).parse(await reader.read(PROGRESS, tenantId, ids));
  return new Map(rows.map((row) => [row.deliveryId, row]));
}

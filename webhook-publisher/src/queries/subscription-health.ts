import type { SubscriptionHealth } from '@comanda/contracts';
import { type Reader, statement } from '@comanda/storage';
import { z } from 'zod';
import type { Endpoints } from '../channels/endpoints.js';
import { hourOf } from '../domain/delivery-hour.js';
import { DELIVER } from '../effects/schedule-delivery.js';
import type { Subscription } from '../storage/tables.js';

/** How many deliveries that wait are counted. */
const MOST_PENDING = 1_000;
const HOURS_MS = 23 * 3_600_000;

const HOURS = ` SELECT h.subscription_id AS "subscriptionId", h.hour, h.delivered, h.failed, h.last_error AS "lastError"
  FROM delivery_hours h WHERE h.tenant_id = $1 AND h.hour >= $3 AND h.subscription_id IN`;
/** The hours without an arrival are few before the subscription is disabled. */
const THE_REST = `SELECT k.value AS "subscriptionId",
    (SELECT count(*) FROM (SELECT 1 FROM work w
      WHERE w.kind = '${DELIVER}' AND w.key = k.value AND w.tenant_id = $1 LIMIT ${MOST_PENDING}) AS waiting) AS pending,
    (SELECT h.last_delivered_at FROM delivery_hours h
      WHERE h.tenant_id = $1 AND h.subscription_id = k.value AND h.last_delivered_at IS NOT NULL
      ORDER BY h.hour DESC LIMIT 1) AS "lastDeliveredAt"
  FROM`;
const OF_LAST_DAY = statement({
  sqlite: `${HOURS} (SELECT value FROM json_each($2)) ORDER BY h.hour`,
  postgres: `${HOURS} (SELECT value FROM jsonb_array_elements_text($2::jsonb) AS e(value)) ORDER BY h.hour`,
});
const AT_THE_MOMENT = statement({
  sqlite: `${THE_REST} json_each($2) k`,
  postgres: `${THE_REST} jsonb_array_elements_text($2::jsonb) AS k(value)`,
});

const Hours = z.array(
  z.object({
    subscriptionId: z.string(),
    delivered: z.number(),
    failed: z.number(),
    lastError: z.string().nullable(),
  }),
);
const Moments = z.array(
  z.object({ subscriptionId: z.string(), pending: z.number(), lastDeliveredAt: z.string().nullable() }),
);

/** How these subscriptions of one tenant are doing, by their ids: two statements, however many there are. */
export async function healthOf(
  reader: Reader,
  endpoints: Pick<Endpoints, 'circuit'>,
  tenantId: string,
  them: readonly Subscription[],
): Promise<ReadonlyMap<string, SubscriptionHealth>> {
  const ids = them.map(({ subscriptionId }) => subscriptionId);
  const since = hourOf(new Date(Date.now() - HOURS_MS).toISOString());
  const [ofLastDay, atTheMoment] = await Promise.all([
    reader.read(OF_LAST_DAY, tenantId, ids, since),
    reader.read(AT_THE_MOMENT, tenantId, ids),
  ]);
  const hours = Map.groupBy(Hours.parse(ofLastDay), ({ subscriptionId }) => subscriptionId);
  const moments = new Map(Moments.parse(atTheMoment).map((row) => [row.subscriptionId, row]));
  return new Map(
    them.map((one) => {
      const { subscriptionId: id, failingSince } = one;
      const day = hours.get(id) ?? [];
      const { pending = 0, lastDeliveredAt } = moments.get(id) ?? {};
      const lastError = day.findLast((hour) => hour.lastError !== null)?.lastError;
      const health: SubscriptionHealth = {
        state: one.enabled ? (failingSince === null ? 'HEALTHY' : 'FAILING') : 'DISABLED',
        ...(failingSince !== null && { failingSince: new Date(failingSince).toISOString() }),
        circuit: endpoints.circuit(id),
        pending,
        delivered24h: day.reduce((sum, { delivered }) => sum + delivered, 0),
        failed24h: day.reduce((sum, { failed }) => sum + failed, 0),
        ...(lastDeliveredAt && { lastDeliveredAt }),
        ...(lastError && { lastError }),
      };
      return [id, health] as const;
    }),
  );
}

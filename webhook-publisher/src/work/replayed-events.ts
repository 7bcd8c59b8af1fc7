import { WebhookTest } from '@comanda/contracts';
import { type Database, statement } from '@comanda/storage';
import { z } from 'zod';
import { DELIVER } from '../effects/schedule-delivery.js';
import type { Replay } from '../storage/tables.js';

/** A stored event that a replay looks at. */
export interface StoredEvent {
  readonly eventId: string;
  readonly type: string;
  readonly orderId: string | null;
  /** It was to be sent to the subscription, and no delivery has arrived or still may. */
  readonly hasFailed: boolean;
}

/** What a replay has to know of the database. */
export interface ReplayedEvents {
  /** The next events behind the position of a replay and before this id, in their order. */
  next(replay: Replay, before: string, limit: number): Promise<readonly StoredEvent[]>;
  /** How many deliveries wait for a subscription; no more than so many are counted. */
  waiting(replay: Pick<Replay, 'tenantId' | 'subscriptionId'>, most: number): Promise<number>;
}

const ofSubscription = (statuses: string): string => `EXISTS (SELECT 1 FROM deliveries d
    WHERE d.tenant_id = e.tenant_id AND d.event_id = e.event_id AND d.subscription_id = $5 AND d.status IN (${statuses}))`;

/** A test was for one subscription, at one moment. */
const NEXT = statement(`SELECT e.event_id AS "eventId", e.type, e.order_id AS "orderId",
    CASE WHEN ${ofSubscription(`'FAILED', 'DROPPED'`)} AND NOT ${ofSubscription(`'DELIVERED', 'PENDING'`)}
      THEN 1 ELSE 0 END AS "hasFailed"
  FROM events e WHERE e.tenant_id = $1 AND e.event_id > $2 AND e.event_id < $3 AND e.type <> '${WebhookTest.type}'
  ORDER BY e.event_id LIMIT $4`);

const WAITING = statement(`SELECT count(*) AS n FROM (
  SELECT 1 FROM work w WHERE w.kind = '${DELIVER}' AND w.key = $1 AND w.tenant_id = $2 LIMIT $3) AS waiting`);

const Events = z.array(
  z.object({
    eventId: z.string(),
    type: z.string(),
    orderId: z.string().nullable(),
    hasFailed: z.number().transform(Boolean),
  }),
);
const Count = z.tuple([z.object({ n: z.number() })]);

/** Reads them by the keys of events and by the lines of due work, a bounded number of rows at a time. */
export const replayedEvents = (database: Pick<Database, 'of'>): ReplayedEvents => ({
  next: async ({ tenantId, subscriptionId, position }, before, limit) =>
    Events.parse(await database.of(tenantId).read(NEXT, tenantId, position, before, limit, subscriptionId)),
  waiting: async ({ tenantId, subscriptionId }, most) => {
    const [{ n }] = Count.parse(await database.of(tenantId).read(WAITING, subscriptionId, tenantId, most));
    return n;
  },
});

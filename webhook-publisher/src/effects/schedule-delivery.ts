import { type Effect, schedule } from '@comanda/messaging';
import { z } from 'zod';
import { type Delivery, deliveries } from '../storage/tables.js';

/** The kind of due work that sends a delivery. */
export const DELIVER = 'deliver';

/** The line of all deliveries that a person asked for: it goes round the pace of their endpoints. */
export const BY_HAND = 'by hand';

export const DeliverPayload = z.object({
  eventId: z.string(),
  /** Left out where the key of the work names it. */
  subscriptionId: z.string().optional(),
  /** How many attempts have failed. */
  failures: z.number().int().min(0),
  /** How many steps of the retry schedule passed while the delivery waited for its endpoint. */
  skipped: z.number().int().min(0).default(0),
  /** When the attempt should have been made: it may have to wait for its endpoint. */
  wantedAt: z.string().optional(),
  /** A person asked for it: it ignores the pace of the endpoint, and is sent to a disabled subscription, too. */
  manual: z.boolean(),
  /** Its subscriber has moved to another target meanwhile. */
  moved: z.boolean().default(false),
});
export type DeliverPayload = z.output<typeof DeliverPayload>;

/** A pending delivery with the due work that sends it. */
export const scheduleDelivery = (
  delivery: Delivery,
  dueAt: string,
  payload: Omit<z.input<typeof DeliverPayload>, 'eventId' | 'subscriptionId'>,
): Effect[] => [
  deliveries.put({ ...delivery, status: 'PENDING', nextAttemptAt: dueAt }),
  schedule({
    work: DELIVER,
    id: delivery.deliveryId,
    dueAt,
    payload: {
      wantedAt: dueAt,
      ...payload,
      eventId: delivery.eventId,
      ...(payload.manual && { subscriptionId: delivery.subscriptionId }),
    },
    key: payload.manual ? BY_HAND : delivery.subscriptionId,
  }),
];

import { type Effect, schedule } from '@comanda/messaging';
import { z } from 'zod';
import { type Delivery, deliveries } from '../storage/tables.js';

/** The kind of due work that sends a delivery. */
export const DELIVER = 'deliver';

export const DeliverPayload = z.object({
  eventId: z.string(),
  /** How many attempts of the retry schedule have failed. */
  failures: z.number().int().min(0),
  /** A person asked for it: it ignores the limits of the endpoint, and is sent to a disabled subscription, too. */
  manual: z.boolean(),
  /** Its subscriber has moved to another target meanwhile. */
  moved: z.boolean().default(false),
});
export type DeliverPayload = z.output<typeof DeliverPayload>;

/** A pending delivery with the due work that sends it. The work's key is the subscription. */
export const scheduleDelivery = (
  delivery: Delivery,
  dueAt: string,
  { failures, manual, moved = false }: Omit<z.input<typeof DeliverPayload>, 'eventId'>,
): Effect[] => [
  deliveries.put({ ...delivery, status: 'PENDING', nextAttemptAt: dueAt }),
  schedule({
    work: DELIVER,
    id: delivery.deliveryId,
    dueAt,
    payload: { eventId: delivery.eventId, failures, manual, moved },
    key: delivery.subscriptionId,
  }),
];

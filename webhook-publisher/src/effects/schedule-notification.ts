import { type Effect, schedule } from '@comanda/messaging';
import { z } from 'zod';
import { notificationIdOf } from '../domain/telling.js';
import { type ContactRow, contacts, type Notification, notifications } from '../storage/tables.js';

/** The kind of due work that tells a customer. */
export const NOTIFY = 'notify';

export const NotifyPayload = z.object({
  orderId: z.string(),
  /** How many attempts have failed. */
  failures: z.number().int().min(0),
  /** How many steps of the retry schedule passed while the notification waited for its channel. */
  skipped: z.number().int().min(0),
  /** When the attempt should have been made: it may have to wait for its channel. */
  wantedAt: z.string(),
});
export type NotifyPayload = z.output<typeof NotifyPayload>;

/** A pending notification with the due work that sends it, in the line of its channel. */
export const scheduleNotification = (
  notification: Notification,
  dueAt: string,
  payload: NotifyPayload,
): Effect[] => [
  notifications.put({ ...notification, status: 'PENDING', reason: null, nextAttemptAt: dueAt }),
  schedule({
    work: NOTIFY,
    id: notification.notificationId,
    dueAt,
    payload,
    key: notification.channel,
  }),
];

/** The customer is told of these events, at once, on each channel that the contact names. */
export const tellCustomer = (
  contact: ContactRow,
  events: readonly Pick<Notification, 'eventId' | 'eventType'>[],
  now: string,
): Effect[] => [
  contacts.put({ ...contact, waiting: [], keptFrom: now }),
  ...events.flatMap(({ eventId, eventType }) =>
    contact.channels.flatMap((channel) => {
      const { tenantId, orderId } = contact;
      const notification = {
        ...{ tenantId, notificationId: notificationIdOf(eventId, channel) },
        ...{ orderId, eventId, eventType, channel },
        ...{ status: 'PENDING' as const, reason: null, nextAttemptAt: now, createdAt: now },
      };
      return scheduleNotification(notification, now, { orderId, failures: 0, skipped: 0, wantedAt: now });
    }),
  ),
];

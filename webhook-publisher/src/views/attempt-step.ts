import type { Contact, ListAttemptsOfOrder, ResultOf } from '@comanda/contracts';
import { masked, targetOn } from '../domain/contact.js';
import { shownTarget } from '../domain/shown-target.js';
import type { AttemptRow, Delivery, Notification, Subscription } from '../storage/tables.js';

type Step = ResultOf<typeof ListAttemptsOfOrder>['items'][number];

/** An attempt to tell the customer, as they may see it. */
export function notificationStep(
  attempt: AttemptRow,
  { notificationId, eventId, eventType, channel }: Notification,
  contact: Contact | undefined,
): Step {
  const target = contact && targetOn(channel, contact);
  return {
    ...stepOf(attempt, notificationId, eventId),
    type: 'notification.attempt',
    detail: {
      ...{ eventType, channel, ...resultOf(attempt) },
      ...(target !== undefined && { target: masked(target) }),
    },
  };
}

/** An attempt to tell a subscriber, as staff see it. */
export function deliveryStep(
  attempt: AttemptRow,
  { deliveryId, eventId, eventType, subscriptionId }: Delivery,
  subscription: Subscription | undefined,
): Step {
  return {
    ...stepOf(attempt, deliveryId, eventId),
    type: 'delivery.attempt',
    detail: {
      ...{ eventType, subscriptionId, ...resultOf(attempt) },
      ...(subscription && { channel: subscription.channel, target: shownTarget(subscription.target) }),
    },
  };
}

const stepOf = ({ at }: AttemptRow, messageId: string, causationId: string) => ({
  ...{ at, service: 'webhook-publisher', messageId, causationId },
});

function resultOf({ statusCode }: AttemptRow) {
  if (statusCode === null) return { result: 'not answered' };
  return { result: statusCode >= 200 && statusCode < 300 ? 'delivered' : 'refused', statusCode };
}

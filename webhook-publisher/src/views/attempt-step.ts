import type { Contact, DeliveryStatus, ListAttemptsOfOrder, ResultOf } from '@comanda/contracts';
import { masked, targetOn } from '../domain/contact.js';
import { shownTarget } from '../domain/shown-target.js';
import type { AttemptRow, Delivery, Notification, Subscription } from '../storage/tables.js';

type Step = ResultOf<typeof ListAttemptsOfOrder>['items'][number];

/** An attempt to tell the customer, as they may see it. */
export function notificationStep(
  attempt: AttemptRow,
  { notificationId, eventId, eventType, channel, status }: Notification,
  contact: Contact | undefined,
): Step {
  const target = contact && targetOn(channel, contact);
  return {
    ...stepOf(attempt, notificationId, eventId),
    type: 'notification.attempt',
    detail: {
      ...{ eventType, channel, ...resultOf(attempt, status) },
      ...(target !== undefined && { target: masked(target) }),
    },
  };
}

/** An attempt to tell a subscriber, as staff see it. */
export function deliveryStep(
  attempt: AttemptRow,
  { deliveryId, eventId, eventType, subscriptionId, status }: Delivery,
  subscription: Subscription | undefined,
): Step {
  return {
    ...stepOf(attempt, deliveryId, eventId),
    type: 'delivery.attempt',
    detail: {
      ...{ eventType, subscriptionId, ...resultOf(attempt, status) },
      ...(subscription && { channel: subscription.channel, target: shownTarget(subscription.target) }),
    },
  };
}

const stepOf = ({ at }: AttemptRow, messageId: string, causationId: string) => ({
  ...{ at, service: 'webhook-publisher', messageId, causationId },
});

function resultOf({ statusCode }: AttemptRow, status: DeliveryStatus) {
  if (statusCode === null) return { result: status === 'DROPPED' ? 'not sent' : 'no answer' };
  return { result: statusCode >= 200 && statusCode < 300 ? 'delivered' : 'refused', statusCode };
}

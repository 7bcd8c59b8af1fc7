import type { Contact, DeliveryStatus, ListAttemptsOfOrder, ResultOf } from '@comanda/contracts';
import { masked, targetOn } from '../domain/contact.js';
import { shownTarget } from '../domain/shown-target.js';
import type { AttemptRow, Delivery, Notification, SentText, Subscription } from '../storage/tables.js';

type Step = ResultOf<typeof ListAttemptsOfOrder>['items'][number];

/** An attempt to tell the customer, as they may see it. */
export const notificationStep = (
  attempt: AttemptRow,
  notification: Notification,
  contact: Contact | undefined,
): Step => ({
  ...stepOf(attempt, notification.notificationId, notification.eventId),
  type: 'notification.attempt',
  detail: { ...toCustomer(notification, contact), ...resultOf(attempt, notification.status) },
});

/** What became of a text to the customer. */
export const notificationReport = (
  text: SentText,
  notification: Notification,
  contact: Contact | undefined,
): Step => ({
  ...stepOf(text, notification.notificationId, notification.eventId),
  type: 'notification.report',
  detail: { ...toCustomer(notification, contact), ...outcomeOf(text) },
});

/** An attempt to tell a subscriber, as staff see it. */
export const deliveryStep = (
  attempt: AttemptRow,
  delivery: Delivery,
  subscription: Subscription | undefined,
): Step => ({
  ...stepOf(attempt, delivery.deliveryId, delivery.eventId),
  type: 'delivery.attempt',
  detail: { ...toSubscriber(delivery, subscription), ...resultOf(attempt, delivery.status) },
});

/** What became of a text to a subscriber. */
export const deliveryReport = (
  text: SentText,
  delivery: Delivery,
  subscription: Subscription | undefined,
): Step => ({
  ...stepOf(text, delivery.deliveryId, delivery.eventId),
  type: 'delivery.report',
  detail: { ...toSubscriber(delivery, subscription), ...outcomeOf(text) },
});

const stepOf = ({ at }: { readonly at: string }, messageId: string, causationId: string) => ({
  ...{ at, service: 'webhook-publisher', messageId, causationId },
});

function toCustomer({ eventType, channel }: Notification, contact: Contact | undefined) {
  const target = contact && targetOn(channel, contact);
  return { eventType, channel, ...(target !== undefined && { target: masked(target) }) };
}

const toSubscriber = ({ eventType, subscriptionId }: Delivery, subscription: Subscription | undefined) => ({
  ...{ eventType, subscriptionId },
  ...(subscription && {
    channel: subscription.channel,
    target: shownTarget(subscription.target, subscription.channel),
  }),
});

function resultOf({ statusCode }: AttemptRow, status: DeliveryStatus) {
  if (statusCode === null) return { result: status === 'DROPPED' ? 'not sent' : 'no answer' };
  return { result: statusCode >= 200 && statusCode < 300 ? 'delivered' : 'refused', statusCode };
}

const outcomeOf = ({ status, errorCode }: SentText) => ({
  result: status,
  ...(errorCode !== null && { errorCode }),
});

import { SubscriptionMoved } from '@comanda/contracts';
import { type Context, type Effect, emit } from '@comanda/messaging';
import { shownTarget } from '../domain/shown-target.js';
import { subscriptions } from '../storage/tables.js';
import { type FailedDelivery, lastAttemptOf } from './delivery-events.js';

/** The receiver has said where it is now: the subscription's new target, and the event that tells of it. */
export function moveSubscription(
  target: string,
  attempted: FailedDelivery,
  { newId }: Pick<Context, 'newId'>,
): Effect[] {
  const { subscription: before, delivery } = attempted;
  const moved = { ...before, target };
  // Two chats that each name the other would tell of each other for ever.
  if (delivery.eventType === SubscriptionMoved.type) return [subscriptions.put(moved)];
  const sequence = before.sequence + 1;
  return [
    subscriptions.put({ ...moved, sequence }),
    emit(SubscriptionMoved, {
      id: newId(),
      subject: before.subscriptionId,
      sequence,
      data: {
        ...lastAttemptOf({ ...attempted, subscription: moved }),
        previousTarget: shownTarget(before.target, before.channel),
        reason: 'The receiver has moved',
      },
    }),
  ];
}

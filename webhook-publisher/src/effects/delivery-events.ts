import {
  type DataOf,
  type DeliveryFailed,
  oneLine,
  type SubscriptionDisabled,
  type SubscriptionMoved,
} from '@comanda/contracts';
import { type Context, type Effect, emit } from '@comanda/messaging';
import { shownTarget } from '../domain/shown-target.js';
import type { AttemptRow, Delivery, Subscription } from '../storage/tables.js';
import { putSubscription } from './put-subscription.js';

/** A delivery that did not arrive, its last attempt, and which one of the schedule that was. */
export interface FailedDelivery {
  readonly delivery: Delivery;
  readonly subscription: Subscription;
  readonly attempt: AttemptRow;
  readonly attempts: number;
}

export interface DeliveryFact {
  readonly event: typeof DeliveryFailed | typeof SubscriptionDisabled;
  readonly reason: string;
}

/** As much of an answer or an error as fits into an event; the history has more. */
const MAX_SHOWN = 300;

/**
 * The events about a delivery that did not arrive, and the subscription that has counted them.
 *
 * @param before as the subscription was before that
 */
export function deliveryEvents(
  facts: readonly DeliveryFact[],
  failed: FailedDelivery,
  context: Pick<Context, 'now' | 'newId'>,
  before: Subscription = failed.subscription,
): Effect[] {
  const { subscription } = failed;
  const { subscriptionId, sequence } = subscription;
  return [
    ...putSubscription(before, { ...subscription, sequence: sequence + facts.length }, context),
    ...facts.map(({ event, reason }, at) =>
      emit(event, {
        id: context.newId(),
        subject: subscriptionId,
        sequence: sequence + at + 1,
        data: { ...lastAttemptOf(failed), reason },
      }),
    ),
  ];
}

export function lastAttemptOf({
  delivery,
  subscription,
  attempt,
  attempts,
}: FailedDelivery): Omit<DataOf<typeof SubscriptionMoved>, 'previousTarget' | 'reason'> {
  const { deliveryId, eventId, eventType, orderId } = delivery;
  const { subscriptionId, channel, target } = subscription;
  const { at, statusCode, responseBody, error } = attempt;
  return {
    ...{ subscriptionId, channel, target: shownTarget(target, channel) },
    ...{ deliveryId, eventId, eventType, ...(orderId !== null && { orderId }) },
    ...{ attempts, at },
    ...(statusCode !== null && { statusCode }),
    ...(responseBody !== null && { answer: shown(responseBody) }),
    ...(error !== null && { error: shown(error) }),
  };
}

function shown(text: string): string {
  const points = Array.from(oneLine(text));
  return points.length <= MAX_SHOWN ? points.join('') : `${points.slice(0, MAX_SHOWN - 1).join('')}…`;
}

import { DeliveryFailed, SubscriptionDisabled } from '@comanda/contracts';
import { type Context, type Effect, emit } from '@comanda/messaging';
import type { NextStep } from '../domain/delivery-outcome.js';
import { mustDisable, recordOutcome } from '../domain/failing-subscription.js';
import { type Delivery, deliveries, type Subscription, subscriptions } from '../storage/tables.js';

type LastStep = Exclude<NextStep, { kind: 'retry' | 'postpone' | 'follow' }>;

/** What follows when a delivery ends: its row, its subscription's row, and the events about both. */
export function endDelivery(
  step: LastStep,
  { delivery, subscription }: { readonly delivery: Delivery; readonly subscription: Subscription },
  context: Context,
): Effect[] {
  const now = Date.parse(context.now);
  const streak = recordOutcome(
    subscription.failingSince === null ? {} : { failingSince: subscription.failingSince },
    step.kind === 'delivered',
    now,
  );
  const counted = { ...subscription, failingSince: streak.failingSince ?? null };
  const ended = (status: 'DELIVERED' | 'FAILED') =>
    deliveries.put({ ...delivery, status, nextAttemptAt: null });
  if (step.kind === 'delivered')
    return [ended('DELIVERED'), ...(subscription.failingSince === null ? [] : [subscriptions.put(counted)])];

  const { subscriptionId, sequence } = subscription;
  const disabledReason =
    step.kind === 'disable'
      ? step.why
      : mustDisable(streak, now)
        ? 'Nothing but failures for 5 days'
        : undefined;
  const facts: { event: typeof DeliveryFailed | typeof SubscriptionDisabled; reason: string }[] = [];
  // An event about a failed delivery must not cause another one when it fails too: one dead endpoint would keep us
  // busy.
  if (!delivery.eventType.startsWith('webhook.')) facts.push({ event: DeliveryFailed, reason: step.reason });
  if (disabledReason !== undefined && subscription.enabled)
    facts.push({ event: SubscriptionDisabled, reason: disabledReason });
  return [
    ended('FAILED'),
    subscriptions.put({
      ...counted,
      ...(disabledReason !== undefined && { enabled: false, disabledReason }),
      sequence: sequence + facts.length,
    }),
    ...facts.map(({ event, reason }, index) =>
      emit(event, {
        id: context.newId(),
        subject: subscriptionId,
        sequence: sequence + index + 1,
        data: { subscriptionId, deliveryId: delivery.deliveryId, reason },
      }),
    ),
  ];
}

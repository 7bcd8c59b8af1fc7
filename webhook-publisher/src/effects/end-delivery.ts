import { DeliveryFailed, SubscriptionDisabled } from '@comanda/contracts';
import type { Context, Effect } from '@comanda/messaging';
import type { NextStep } from '../domain/delivery-outcome.js';
import { mustDisable } from '../domain/failing-subscription.js';
import { deliveries, type Subscription, subscriptions } from '../storage/tables.js';
import { type DeliveryFact, deliveryEvents, type FailedDelivery } from './delivery-events.js';

type LastStep = Exclude<NextStep, { kind: 'retry' | 'postpone' | 'follow' }>;

/** `manual`: a person asked for it, and was answered 202. */
type Ended = FailedDelivery & { readonly manual: boolean };

/** For people. */
const WHY: Readonly<Record<Extract<LastStep, { reason: string }>['reason'], string>> = {
  'schedule-used-up': 'Every attempt failed',
  refused: 'The receiver refused it for good',
  'unsafe-target': 'Its target may not be sent to',
  undelivered: 'The carrier did not deliver it',
  gone: 'The receiver is gone',
};

/** What follows when a delivery ends: its row, its subscription's row, and the events about both. */
export function endDelivery(step: LastStep, ended: Ended, context: Context): Effect[] {
  const { delivery, subscription } = ended;
  const put = (status: 'DELIVERED' | 'FAILED') =>
    deliveries.put({ ...delivery, status, nextAttemptAt: null });
  if (step.kind === 'delivered') {
    const arrived = subscriptions.put({ ...subscription, failingSince: null });
    return [put('DELIVERED'), ...(subscription.failingSince === null ? [] : [arrived])];
  }
  const after = afterFailure(
    subscription,
    Date.parse(context.now),
    step.kind === 'disable' ? step.why : undefined,
  );
  const failed: DeliveryFact[] = isReported(ended)
    ? [{ event: DeliveryFailed, reason: WHY[step.reason] }]
    : [];
  const facts = [...failed, ...after.facts];
  return [
    put('FAILED'),
    ...deliveryEvents(facts, { ...ended, subscription: after.subscription }, context, subscription),
  ];
}

/** What a failed attempt means for its subscription while the delivery goes on. */
export function countFailure(attempted: FailedDelivery, context: Context): Effect[] {
  const before = attempted.subscription;
  const { subscription, facts } = afterFailure(before, Date.parse(context.now));
  if (before.failingSince !== null && facts.length === 0) return [];
  return deliveryEvents(facts, { ...attempted, subscription }, context, before);
}

/** Every failed attempt counts, also one that is made again: a delivery takes days to its end. */
function afterFailure(
  before: Subscription,
  now: number,
  gone?: string,
): { readonly subscription: Subscription; readonly facts: readonly DeliveryFact[] } {
  const failingSince = before.failingSince ?? now;
  const counted = { ...before, failingSince };
  const disabledReason =
    gone ?? (mustDisable(failingSince, now) ? 'Nothing but failures for 5 days' : undefined);
  if (disabledReason === undefined || !before.enabled) return { subscription: counted, facts: [] };
  return {
    subscription: { ...counted, enabled: false, disabledReason },
    facts: [{ event: SubscriptionDisabled, reason: disabledReason }],
  };
}

/** A delivery that is not sent, because its subscription is disabled or deleted. */
export function dropDelivery(ended: Ended, reason: string, context: Context): Effect[] {
  const { delivery, manual } = ended;
  return [
    deliveries.put({ ...delivery, status: 'DROPPED', nextAttemptAt: null }),
    ...(manual
      ? deliveryEvents([{ event: DeliveryFailed, reason: `Not sent: ${reason}` }], ended, context)
      : []),
  ];
}

/**
 * An event about a failed delivery must not cause another one when it fails too: one dead endpoint would keep us busy.
 * Who asks for one by hand waits for the answer.
 */
const isReported = ({ delivery, manual }: Ended): boolean =>
  manual || !delivery.eventType.startsWith('webhook.');

import { DeliveryFailed, SubscriptionDisabled } from '@comanda/contracts';
import type { Context, Effect } from '@comanda/messaging';
import type { NextStep } from '../domain/delivery-outcome.js';
import { mustDisable, recordOutcome } from '../domain/failing-subscription.js';
import { attempts, deliveries, subscriptions } from '../storage/tables.js';
import { type DeliveryFact, deliveryEvents, type FailedDelivery } from './delivery-events.js';

type LastStep = Exclude<NextStep, { kind: 'retry' | 'postpone' | 'follow' }>;

/** `manual`: a person asked for it, and was answered 202. */
type Ended = FailedDelivery & { readonly manual: boolean };

/** For people. */
const WHY: Readonly<Record<Extract<LastStep, { reason: string }>['reason'], string>> = {
  'schedule-used-up': 'Every attempt failed',
  refused: 'The receiver refused it for good',
  'unsafe-target': 'Its target may not be sent to',
  gone: 'The receiver is gone',
};

/** What follows when a delivery ends: its row, its subscription's row, and the events about both. */
export function endDelivery(step: LastStep, ended: Ended, context: Context): Effect[] {
  const { delivery, subscription } = ended;
  const now = Date.parse(context.now);
  const streak = recordOutcome(
    subscription.failingSince === null ? {} : { failingSince: subscription.failingSince },
    step.kind === 'delivered',
    now,
  );
  const counted = { ...subscription, failingSince: streak.failingSince ?? null };
  const put = (status: 'DELIVERED' | 'FAILED') =>
    deliveries.put({ ...delivery, status, nextAttemptAt: null });
  if (step.kind === 'delivered')
    return [put('DELIVERED'), ...(subscription.failingSince === null ? [] : [subscriptions.put(counted)])];

  const disabledReason =
    step.kind === 'disable'
      ? step.why
      : mustDisable(streak, now)
        ? 'Nothing but failures for 5 days'
        : undefined;
  const facts: DeliveryFact[] = [];
  if (isReported(ended)) facts.push({ event: DeliveryFailed, reason: WHY[step.reason] });
  if (disabledReason !== undefined && subscription.enabled)
    facts.push({ event: SubscriptionDisabled, reason: disabledReason });
  const disabled = { ...counted, ...(disabledReason !== undefined && { enabled: false, disabledReason }) };
  return [
    put('FAILED'),
    ...deliveryEvents(facts, { ...ended, subscription: disabled }, context, subscription),
  ];
}

/** A delivery that is not sent, because its subscription is disabled or deleted. */
export function dropDelivery(ended: Ended, reason: string, context: Context): Effect[] {
  const { delivery, attempt, manual } = ended;
  return [
    deliveries.put({ ...delivery, status: 'DROPPED', nextAttemptAt: null }),
    attempts.append(attempt),
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

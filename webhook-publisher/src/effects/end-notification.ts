import type { Effect } from '@comanda/messaging';
import type { NextStep } from '../domain/delivery-outcome.js';
import { type Notification, notifications } from '../storage/tables.js';

/** For the customer. */
const WHY = {
  'schedule-used-up': 'every attempt failed',
  refused: 'the receiver refused it for good',
  'unsafe-target': 'the address may not be sent to',
  undelivered: 'the carrier did not deliver it',
  gone: 'the receiver is gone',
} as const;

/**
 * What follows when a notification ends: its row alone. There is no subscription that could be disabled, and no event: it
 * would tell all subscribers about one customer.
 */
export function endNotification(
  step: Exclude<NextStep, { kind: 'retry' | 'postpone' }>,
  notification: Notification,
): Effect {
  if (step.kind === 'delivered')
    return notifications.put({ ...notification, status: 'DELIVERED', reason: null, nextAttemptAt: null });
  // A customer has one address, and no other to follow to.
  const reason = WHY[step.kind === 'follow' ? 'refused' : step.reason];
  return notifications.put({ ...notification, status: 'FAILED', reason, nextAttemptAt: null });
}

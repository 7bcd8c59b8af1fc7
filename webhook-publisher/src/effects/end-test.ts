import type { Effect } from '@comanda/messaging';
import type { NextStep } from '../domain/delivery-outcome.js';
import { type AttemptRow, attempts, type Delivery, deliveries } from '../storage/tables.js';

/**
 * A test ends with its one attempt. It changes nothing about its subscription: neither statistics nor the rule of five days
 * count it, no answer disables or moves anything, and no event tells of it, because who asked is shown the answer.
 */
export const endTest = (
  delivery: Delivery,
  attempt: AttemptRow,
  step: Exclude<NextStep['kind'], 'postpone'> | 'dropped',
): Effect[] => {
  const status = step === 'delivered' ? 'DELIVERED' : step === 'dropped' ? 'DROPPED' : 'FAILED';
  return [attempts.append(attempt), deliveries.put({ ...delivery, status, nextAttemptAt: null })];
};

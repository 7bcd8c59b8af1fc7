import type { Effect } from '@comanda/messaging';
import { type CountedAttempt, hourOf, NOTHING_YET, withAttempt } from '../domain/delivery-hour.js';
import { type AttemptRow, attempts, type DeliveryHour, deliveryHours } from '../storage/tables.js';

/**
 * An attempt in the history of its delivery, and in the hour of its subscription.
 *
 * @param hour its row, if it has one
 */
export const countAttempt = (
  attempt: AttemptRow,
  subscriptionId: string,
  hour: DeliveryHour | undefined,
  end?: CountedAttempt['end'],
): Effect[] => {
  const { tenantId, at } = attempt;
  const before = hour ?? { ...NOTHING_YET, tenantId, subscriptionId, hour: hourOf(at) };
  return [attempts.append(attempt), deliveryHours.put(withAttempt(before, { ...attempt, end }))];
};

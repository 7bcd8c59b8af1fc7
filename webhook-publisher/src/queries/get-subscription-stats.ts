import { accept, GetSubscriptionStats, refuse } from '@comanda/contracts';
import { answers } from '@comanda/service-kit';
import { selectList, statement } from '@comanda/storage';
import { hourOf } from '../domain/delivery-hour.js';
import { allDurations, percentile } from '../domain/durations.js';
import { type DeliveryHour, deliveryHours, subscriptions } from '../storage/tables.js';

const HOUR_MS = 3_600_000;
const MOST_HOURS = 31 * 24;
const ANSWERS = 10;

const HOURS = statement(`SELECT ${selectList(deliveryHours.columns, 'h')} FROM delivery_hours h
  WHERE h.tenant_id = $1 AND h.subscription_id = $2 AND h.hour >= $3 AND h.hour < $4 ORDER BY h.hour`);

/** How the deliveries of a subscription went, by hour: a row is read for each hour that is shown. */
export const getSubscriptionStats = answers(GetSubscriptionStats, async (database, { tenantid, data }) => {
  const { subscriptionId } = data;
  const until = nextHour(data.until ?? new Date().toISOString());
  const since = hourOf(data.since ?? new Date(Date.parse(until) - 24 * HOUR_MS).toISOString());
  if (since >= until || Date.parse(until) - Date.parse(since) > MOST_HOURS * HOUR_MS)
    return refuse(400, 'BAD_RANGE', `since: must be before until, ${MOST_HOURS / 24} days at most`);
  const reader = database.of(tenantid);
  const subscription = await reader.find(subscriptions.read(tenantid, subscriptionId));
  if (!subscription || subscription.deleted)
    return refuse(404, 'UNKNOWN_SUBSCRIPTION', `There is no subscription ${subscriptionId}.`);
  const hours = deliveryHours.decodeAll(await reader.read(HOURS, tenantid, subscriptionId, since, until));
  return accept({
    ...{ subscriptionId, since, until, overall: countsOf(hours) },
    hours: hours.map((one) => ({ hour: one.hour, ...countsOf([one]) })),
    lastAnswers: hours
      .toReversed()
      .flatMap(({ lastAnswers }) => lastAnswers)
      .slice(0, ANSWERS),
  });
});

/** The end of the hour in which this time is; itself, when an hour ends then. */
function nextHour(at: string): string {
  const begin = hourOf(at);
  return begin === at ? at : new Date(Date.parse(begin) + HOUR_MS).toISOString();
}

function countsOf(hours: readonly DeliveryHour[]) {
  const sum = (of: (hour: DeliveryHour) => number) => hours.reduce((all, hour) => all + of(hour), 0);
  const durations = allDurations(hours.map((hour) => hour.durations));
  const [p50Ms, p99Ms] = [percentile(durations, 50), percentile(durations, 99)];
  return {
    delivered: sum(({ delivered }) => delivered),
    failed: sum(({ failed }) => failed),
    dropped: sum(({ dropped }) => dropped),
    attempts: sum(({ attempts }) => attempts),
    ...(p50Ms !== undefined && { p50Ms }),
    ...(p99Ms !== undefined && { p99Ms }),
  };
}

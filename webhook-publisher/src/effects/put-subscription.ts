import type { Context } from '@comanda/messaging';
import type { Append, Put } from '@comanda/storage';
import { type Subscription, subscriptionChanges, subscriptions } from '../storage/tables.js';

/** A new or changed subscription; what it wants from now on is written down where that has changed. */
export function putSubscription(
  before: Subscription | undefined,
  after: Subscription,
  { now, newId }: Pick<Context, 'now' | 'newId'>,
): (Put | Append)[] {
  const eventTypes = wantedBy(after);
  const same = before && JSON.stringify(wantedBy(before)) === JSON.stringify(eventTypes);
  const { tenantId, subscriptionId } = after;
  return [
    subscriptions.put(after),
    ...(same
      ? []
      : [subscriptionChanges.append({ tenantId, subscriptionId, changeId: newId(), at: now, eventTypes })]),
  ];
}

const wantedBy = ({ enabled, eventTypes }: Subscription): Subscription['eventTypes'] =>
  enabled ? eventTypes : [];

import { accept, type DataOf, refuse, UpdateSubscription } from '@comanda/contracts';
import { on, respond } from '@comanda/messaging';
import { flawOfEventTypes } from '../domain/check-event-types.js';
import { NO_LOCALE } from '../domain/no-locale.js';
import { putSubscription } from '../effects/put-subscription.js';
import { type Subscription, subscriptions } from '../storage/tables.js';
import { subscriptionView } from '../views/subscription-view.js';

/** `webhooks.checkTarget` has checked a new target, and the channel checks it again whenever it sends. */
export const updateSubscription = on(UpdateSubscription, 'update subscription', {
  needs: ({ tenantid, data }) => ({ subscription: subscriptions.lock(tenantid, data.subscriptionId) }),
  decide: ({ data: { subscriptionId, ...change } }, { subscription }, context) => {
    if (!subscription || subscription.deleted)
      return [respond(refuse(404, 'UNKNOWN_SUBSCRIPTION', `There is no subscription ${subscriptionId}.`))];
    const flaw = flawOfEventTypes(change.eventTypes ?? []);
    if (flaw !== undefined) return [respond(refuse(400, 'UNKNOWN_EVENT_TYPE', flaw))];
    if (subscription.locale === null && change.locale !== undefined)
      return [respond(refuse(400, 'NO_LOCALE_HERE', NO_LOCALE))];
    const after = changed(subscription, change);
    return [...putSubscription(subscription, after, context), respond(accept(subscriptionView(after)))];
  },
});

/** Failures say nothing about a new target, and do not count against one that staff have enabled again. */
function changed(
  before: Subscription,
  change: Omit<DataOf<typeof UpdateSubscription>, 'subscriptionId'>,
): Subscription {
  const { target = before.target, eventTypes = before.eventTypes, enabled = before.enabled } = change;
  const { description = before.description, locale = before.locale } = change;
  const moved = target !== before.target;
  const enabledAgain = enabled && !before.enabled;
  return {
    ...before,
    ...{ target, eventTypes, description, enabled, locale },
    disabledReason: enabled ? null : before.disabledReason,
    failingSince: moved || enabledAgain ? null : before.failingSince,
  };
}

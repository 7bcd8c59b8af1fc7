import { accept, type DataOf, refuse, UpdateSubscription } from '@comanda/contracts';
import { on, respond } from '@comanda/messaging';
import type { ChangedHeaders, Channel } from '../channels/channel.js';
import type { Channels } from '../channels/index.js';
import { flawOfEventTypes } from '../domain/check-event-types.js';
import { NO_LOCALE } from '../domain/no-locale.js';
import { NO_HEADERS_HERE, refusalOf } from '../domain/refused-secrets.js';
import { putSubscription } from '../effects/put-subscription.js';
import { type Subscription, subscriptions } from '../storage/tables.js';
import { subscriptionView } from '../views/subscription-view.js';

/** `webhooks.checkTarget` has checked a new target, and the channel checks it again whenever it sends. */
export const updateSubscription = (
  channels: Readonly<Record<keyof Channels, Pick<Channel, 'changeHeaders'>>>,
) =>
  on(UpdateSubscription, 'update subscription', {
    needs: ({ tenantid, data }) => ({ subscription: subscriptions.lock(tenantid, data.subscriptionId) }),
    decide: ({ data: { subscriptionId, sealedHeaders, ...change } }, { subscription }, context) => {
      if (!subscription || subscription.deleted)
        return [respond(refuse(404, 'UNKNOWN_SUBSCRIPTION', `There is no subscription ${subscriptionId}.`))];
      const flaw = flawOfEventTypes(change.eventTypes ?? []);
      if (flaw !== undefined) return [respond(refuse(400, 'UNKNOWN_EVENT_TYPE', flaw))];
      if (subscription.locale === null && change.locale !== undefined)
        return [respond(refuse(400, 'NO_LOCALE_HERE', NO_LOCALE))];
      const { secrets } = subscription;
      let headers: Extract<ChangedHeaders, { kind: 'headers' }> | undefined;
      if (sealedHeaders !== undefined) {
        const channel = channels[subscription.channel];
        if (secrets === null || !channel.changeHeaders) return [respond(NO_HEADERS_HERE)];
        const made = channel.changeHeaders({ row: subscription, secrets, headers: sealedHeaders }, context);
        if (made.kind === 'refused') return [respond(refusalOf(made))];
        headers = made;
      }
      const after = {
        ...changed(subscription, change),
        ...(headers && { secrets: headers.stored, headerNames: headers.headerNames }),
      };
      return [...putSubscription(subscription, after, context), respond(accept(subscriptionView(after)))];
    },
  });

/** Failures say nothing about a new target, and do not count against one that staff have enabled again. */
function changed(
  before: Subscription,
  change: Omit<DataOf<typeof UpdateSubscription>, 'subscriptionId' | 'sealedHeaders'>,
): Subscription {
  const { target = before.target, eventTypes = before.eventTypes, enabled = before.enabled } = change;
  const { description = before.description, locale = before.locale } = change;
  const { rateLimitPerSecond = before.rateLimitPerSecond } = change;
  const moved = target !== before.target;
  const enabledAgain = enabled && !before.enabled;
  return {
    ...before,
    ...{ target, eventTypes, description, enabled, locale, rateLimitPerSecond },
    disabledReason: enabled ? null : before.disabledReason,
    failingSince: moved || enabledAgain ? null : before.failingSince,
  };
}

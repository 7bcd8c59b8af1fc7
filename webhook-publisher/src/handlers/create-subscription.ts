import { accept, CreateSubscription, type ResultOf, refuse } from '@comanda/contracts';
import { on, respond } from '@comanda/messaging';
import type { Channel } from '../channels/channel.js';
import type { Channels } from '../channels/index.js';
import { flawOfEventTypes } from '../domain/check-event-types.js';
import { NO_LOCALE } from '../domain/no-locale.js';
import { NO_HEADERS_HERE, refusalOf } from '../domain/refused-secrets.js';
import { putSubscription } from '../effects/put-subscription.js';
import { subscribingTenants, subscriptions } from '../storage/tables.js';
import { subscriptionView } from '../views/subscription-view.js';

/**
 * `webhooks.checkTarget` has checked the target, and the channel checks it again whenever it sends.
 *
 * @param maxLive how many subscriptions of one tenant may live: each event is sent to all that want it
 */
export const createSubscription = (
  channels: Readonly<Record<keyof Channels, Pick<Channel, 'changeHeaders' | 'newSecrets'>>>,
  maxLive: number,
) =>
  on(CreateSubscription, 'create subscription', {
    needs: ({ tenantid, data }) => ({
      existing: subscriptions.lock(tenantid, data.subscriptionId),
      tenant: subscribingTenants.lock(tenantid),
      live: subscriptions.readAll({ liveTenantId: tenantid }),
    }),
    decide: ({ tenantid, data }, { existing, tenant, live }, context) => {
      if (existing) return [respond(accept(subscriptionView(existing)))];
      if (live.length >= maxLive)
        return [
          respond(
            refuse(409, 'TOO_MANY_SUBSCRIPTIONS', `There may be ${maxLive} subscriptions. Delete one first.`),
          ),
        ];
      const flaw = flawOfEventTypes(data.eventTypes);
      if (flaw !== undefined) return [respond(refuse(400, 'UNKNOWN_EVENT_TYPE', flaw))];
      const channel = channels[data.channel];
      const signing = data.sealedSecret === undefined ? data.signature && 'signature' : 'secret';
      if (!channel.newSecrets && signing !== undefined)
        return [respond(refuse(400, 'NO_SECRET_HERE', `${signing}: only webhooks are signed`))];
      // What signs sends the event itself; everything else sends words.
      if (channel.newSecrets && data.locale !== undefined)
        return [respond(refuse(400, 'NO_LOCALE_HERE', NO_LOCALE))];
      if (!channel.changeHeaders && data.sealedHeaders !== undefined) return [respond(NO_HEADERS_HERE)];
      const row = { tenantId: tenantid, subscriptionId: data.subscriptionId };
      const secrets = channel.newSecrets?.(
        {
          ...{ row, signature: data.signature ?? 'v1', brought: data.sealedSecret },
          ...{ headers: data.sealedHeaders, answerKey: data.answerKey },
        },
        context,
      );
      if (secrets?.kind === 'refused') return [respond(refusalOf(secrets))];

      const subscription = {
        ...row,
        channel: data.channel,
        target: data.target,
        eventTypes: data.eventTypes,
        description: data.description ?? null,
        enabled: true,
        disabledReason: null,
        deleted: false,
        secrets: secrets?.stored ?? null,
        publicKey: secrets?.publicKey ?? null,
        locale: channel.newSecrets ? null : (data.locale ?? 'en'),
        rateLimitPerSecond: data.rateLimitPerSecond ?? null,
        headerNames: secrets?.headerNames ?? null,
        mutedUntil: null,
        failingSince: null,
        sequence: 0,
        createdAt: context.now,
        liveTenantId: tenantid,
      };
      const view: ResultOf<typeof CreateSubscription> = {
        ...subscriptionView(subscription),
        ...(secrets?.answer !== undefined && { sealedSecret: secrets.answer }),
      };
      return [
        ...(tenant ? [] : [subscribingTenants.put({ tenantId: tenantid })]),
        ...putSubscription(undefined, subscription, context),
        respond(accept(view)),
      ];
    },
  });

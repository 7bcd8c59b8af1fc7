import { randomBytes } from 'node:crypto';
import { accept, CreateSubscription, EVENT_TYPES, refuse, type SubscriptionView } from '@comanda/contracts';
import { on, respond } from '@comanda/messaging';
import { checkPattern } from '../domain/event-type-pattern.js';
import { generateSecret, parseSecret } from '../domain/signature.js';
import { sealRing } from '../storage/secret-ring.js';
import type { SecretVault } from '../storage/secret-vault.js';
import { subscriptions } from '../storage/tables.js';
import { viewOf } from './subscription-view.js';

/** The target was looked at before (`webhooks.checkTarget`), and is again whenever something is sent there. */
export const createSubscription = (vault: SecretVault) =>
  on(CreateSubscription, 'create subscription', {
    needs: ({ tenantid, data }) => ({ existing: subscriptions.lock(tenantid, data.subscriptionId) }),
    decide: ({ tenantid, data }, { existing }, { now }) => {
      if (existing) return [respond(accept(viewOf(existing)))];
      for (const [at, pattern] of data.eventTypes.entries()) {
        const check = checkPattern(pattern, EVENT_TYPES);
        if (!check.ok)
          return [respond(refuse(400, 'UNKNOWN_EVENT_TYPE', `eventTypes[${at}]: ${check.reason}`))];
      }
      const signs = data.channel === 'webhook';
      if (!signs && data.secret !== undefined)
        return [respond(refuse(400, 'NO_SECRET_HERE', 'secret: only webhooks are signed'))];
      const secret = signs ? parseSecret(data.secret ?? generateSecret(randomBytes)) : undefined;
      if (secret && !secret.ok) return [respond(refuse(400, 'BAD_SECRET', `secret: ${secret.reason}`))];

      const subscription = {
        tenantId: tenantid,
        subscriptionId: data.subscriptionId,
        channel: data.channel,
        target: data.target,
        eventTypes: data.eventTypes,
        description: data.description ?? null,
        enabled: true,
        disabledReason: null,
        deleted: false,
        secrets: secret ? sealRing(vault, { current: secret.secret, retired: [] }) : null,
        failingSince: null,
        sequence: 0,
        createdAt: now,
      };
      const shown: SubscriptionView & { secret?: string } = {
        ...viewOf(subscription),
        ...(secret && { secret: secret.secret }),
      };
      return [subscriptions.put(subscription), respond(accept(shown))];
    },
  });

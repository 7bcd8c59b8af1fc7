import { accept, type ResultOf, RotateSecret, refuse } from '@comanda/contracts';
import { on, respond } from '@comanda/messaging';
import type { Channel } from '../channels/channel.js';
import type { Channels } from '../channels/index.js';
import { refusalOf } from '../domain/refused-secrets.js';
import { subscriptions } from '../storage/tables.js';
import { subscriptionView } from '../views/subscription-view.js';

/** A new secret signs from now on, and the one before signs beside it for 24 hours. */
export const rotateSecret = (channels: Readonly<Record<keyof Channels, Pick<Channel, 'rotateSecrets'>>>) =>
  on(RotateSecret, 'rotate secret', {
    needs: ({ tenantid, data }) => ({ subscription: subscriptions.lock(tenantid, data.subscriptionId) }),
    decide: ({ data: { subscriptionId, rotationId, answerKey } }, { subscription }, context) => {
      if (!subscription || subscription.deleted)
        return [respond(refuse(404, 'UNKNOWN_SUBSCRIPTION', `There is no subscription ${subscriptionId}.`))];
      const { secrets } = subscription;
      const channel = channels[subscription.channel];
      if (secrets === null || !channel.rotateSecrets)
        return [respond(refuse(400, 'NO_SECRET_HERE', 'It has no secret: only webhooks are signed.'))];
      const now = Date.parse(context.now);
      const made = channel.rotateSecrets({ row: subscription, secrets, rotationId, now, answerKey }, context);
      if (made.kind === 'repeated') return [respond(accept(subscriptionView(subscription)))];
      if (made.kind === 'refused') return [respond(refusalOf(made))];
      if (made.kind === 'too-many') {
        const until = new Date(made.until).toISOString();
        return [
          respond(
            refuse(
              409,
              'TOO_MANY_SECRETS',
              `As many of its secrets sign as may, after rotations in the last 24 hours. Rotate again after ${until}.`,
            ),
          ),
        ];
      }
      const rotated = { ...subscription, secrets: made.stored, publicKey: made.publicKey ?? null };
      const view: ResultOf<typeof RotateSecret> = {
        ...subscriptionView(rotated),
        ...(made.answer !== undefined && { sealedSecret: made.answer }),
      };
      return [subscriptions.put(rotated), respond(accept(view))];
    },
  });

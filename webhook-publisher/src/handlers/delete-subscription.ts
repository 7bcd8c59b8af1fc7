import { accept, DeleteSubscription, refuse } from '@comanda/contracts';
import { on, respond } from '@comanda/messaging';
import { putSubscription } from '../effects/put-subscription.js';
import { subscriptions } from '../storage/tables.js';

/**
 * The row stays, marked as deleted: its history still says where events went. Pending deliveries end when they are due.
 */
export const deleteSubscription = on(DeleteSubscription, 'delete subscription', {
  needs: ({ tenantid, data }) => ({ subscription: subscriptions.lock(tenantid, data.subscriptionId) }),
  decide: ({ data: { subscriptionId } }, { subscription }, context) => {
    if (!subscription || subscription.deleted)
      return [respond(refuse(404, 'UNKNOWN_SUBSCRIPTION', `There is no subscription ${subscriptionId}.`))];
    // The secrets sign nothing any more.
    return [
      ...putSubscription(
        subscription,
        { ...subscription, enabled: false, deleted: true, secrets: null, liveTenantId: null },
        context,
      ),
      respond(accept({ subscriptionId })),
    ];
  },
});

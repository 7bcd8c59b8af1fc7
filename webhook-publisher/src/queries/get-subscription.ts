import { accept, GetSubscription, refuse } from '@comanda/contracts';
import { answers } from '@comanda/service-kit';
import { subscriptions } from '../storage/tables.js';
import { subscriptionView } from '../views/subscription-view.js';

/** One subscription, without its secrets. */
export const getSubscription = answers(
  GetSubscription,
  async (database, { tenantid, data: { subscriptionId } }) => {
    const found = await database.of(tenantid).find(subscriptions.read(tenantid, subscriptionId));
    return found && !found.deleted
      ? accept(subscriptionView(found))
      : refuse(404, 'UNKNOWN_SUBSCRIPTION', `There is no subscription ${subscriptionId}.`);
  },
);

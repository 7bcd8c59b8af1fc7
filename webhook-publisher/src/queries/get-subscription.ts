import { accept, GetSubscription, refuse } from '@comanda/contracts';
import { answers } from '@comanda/service-kit';
import type { Endpoints } from '../channels/endpoints.js';
import { subscriptions } from '../storage/tables.js';
import { subscriptionView } from '../views/subscription-view.js';
import { healthOf } from './subscription-health.js';

/** One subscription, without its secrets, and how it is doing. */
export const getSubscription = (endpoints: Pick<Endpoints, 'circuit'>) =>
  answers(GetSubscription, async (database, { tenantid, data: { subscriptionId } }) => {
    const reader = database.of(tenantid);
    const found = await reader.find(subscriptions.read(tenantid, subscriptionId));
    if (!found || found.deleted)
      return refuse(404, 'UNKNOWN_SUBSCRIPTION', `There is no subscription ${subscriptionId}.`);
    const health = (await healthOf(reader, endpoints, tenantid, [found])).get(subscriptionId);
    return accept({ ...subscriptionView(found), health });
  });

import { queries } from '@comanda/service-kit';
import { CheckTargetQuery } from './check-target.js';
import { getDelivery } from './get-delivery.js';
import { getSubscription } from './get-subscription.js';
import { listDeliveries } from './list-deliveries.js';
import { listSubscriptions } from './list-subscriptions.js';

/** Nest controllers of the queries: they read committed rows; only the check of a target asks its channel. */
export const webhookQueries = [
  CheckTargetQuery,
  ...queries(getSubscription, listSubscriptions, getDelivery, listDeliveries),
];

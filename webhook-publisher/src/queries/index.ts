import { CheckTargetQuery } from './check-target.js';
import { GetDeliveryQuery } from './get-delivery.js';
import { GetSubscriptionQuery } from './get-subscription.js';
import { ListDeliveriesQuery } from './list-deliveries.js';
import { ListSubscriptionsQuery } from './list-subscriptions.js';

/** The queries of webhook-publisher; they read committed rows. */
export const webhookQueries = [
  CheckTargetQuery,
  GetSubscriptionQuery,
  ListSubscriptionsQuery,
  GetDeliveryQuery,
  ListDeliveriesQuery,
];

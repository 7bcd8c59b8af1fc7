import { CheckTargetQuery } from './check-target.js';
import { GetDeliveryQuery } from './get-delivery.js';
import { GetSubscriptionQuery } from './get-subscription.js';
import { ListDeliveriesQuery } from './list-deliveries.js';
import { ListSubscriptionsQuery } from './list-subscriptions.js';

/** Everything that webhook-publisher answers, from what is committed. */
export const webhookQueries = [
  CheckTargetQuery,
  GetSubscriptionQuery,
  ListSubscriptionsQuery,
  GetDeliveryQuery,
  ListDeliveriesQuery,
];

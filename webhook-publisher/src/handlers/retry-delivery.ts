import { accept, RetryDelivery, refuse } from '@comanda/contracts';
import { on, respond } from '@comanda/messaging';
import { scheduleDelivery } from '../effects/schedule-delivery.js';
import { deliveries, subscriptions } from '../storage/tables.js';
import { deliveryView } from '../views/delivery-view.js';

/** A manual retry always sends, even when the delivery has arrived before. */
export const retryDelivery = on(RetryDelivery, 'retry delivery', {
  needs: ({ tenantid, data }) => ({ delivery: deliveries.lock(tenantid, data.deliveryId) }),
  thenNeeds: ({ tenantid }, { delivery }) => ({
    subscription: subscriptions.lock(tenantid, delivery?.subscriptionId ?? ''),
  }),
  decide: ({ data: { deliveryId } }, { delivery, subscription }, { now }) => {
    if (!delivery) return [respond(refuse(404, 'UNKNOWN_DELIVERY', `There is no delivery ${deliveryId}.`))];
    if (!subscription || subscription.deleted)
      return [respond(refuse(409, 'SUBSCRIPTION_DELETED', 'Its subscription was deleted.'))];
    return [
      ...scheduleDelivery(delivery, now, { failures: 0, manual: true }),
      respond(accept(deliveryView({ ...delivery, status: 'PENDING', nextAttemptAt: now }))),
    ];
  },
});

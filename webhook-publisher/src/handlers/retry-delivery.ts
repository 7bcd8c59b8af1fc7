import { accept, RetryDelivery, refuse } from '@comanda/contracts';
import { on, respond, schedule } from '@comanda/messaging';
import { deliveries, subscriptions } from '../storage/tables.js';
import { DELIVER } from '../work/kinds.js';
import { deliveryViewOf } from './subscription-view.js';

/** By hand: really sends, also what was delivered before. */
export const retryDelivery = on(RetryDelivery, 'retry delivery', {
  needs: ({ tenantid, data }) => ({ delivery: deliveries.lock(tenantid, data.deliveryId) }),
  thenNeeds: ({ tenantid }, { delivery }) => ({
    subscription: subscriptions.lock(tenantid, delivery?.subscriptionId ?? ''),
  }),
  decide: ({ data: { deliveryId } }, { delivery, subscription }, { now }) => {
    if (!delivery) return [respond(refuse(404, 'UNKNOWN_DELIVERY', `There is no delivery ${deliveryId}.`))];
    if (!subscription || subscription.deleted)
      return [respond(refuse(409, 'SUBSCRIPTION_DELETED', 'Its subscription was deleted.'))];
    const due = { ...delivery, status: 'PENDING' as const, nextAttemptAt: now };
    return [
      deliveries.put(due),
      schedule({
        work: DELIVER,
        id: deliveryId,
        dueAt: now,
        payload: { attempt: 1, manual: true },
        key: delivery.subscriptionId,
      }),
      respond(accept(deliveryViewOf(due))),
    ];
  },
});

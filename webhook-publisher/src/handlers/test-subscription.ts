import { accept, refuse, TestSubscription, WebhookTest } from '@comanda/contracts';
import { on, respond } from '@comanda/messaging';
import { webhookBody } from '../domain/webhook-body.js';
import { scheduleDelivery } from '../effects/schedule-delivery.js';
import { deliveries, events, subscriptions } from '../storage/tables.js';
import { deliveryView } from '../views/delivery-view.js';

/** A test is a delivery that a person asked for, of an event that only this subscription gets. */
export const testSubscription = on(TestSubscription, 'test subscription', {
  needs: ({ tenantid, data }) => ({
    existing: deliveries.lock(tenantid, data.deliveryId),
    subscription: subscriptions.read(tenantid, data.subscriptionId),
  }),
  decide: (message, { existing, subscription }, { now, newId }) => {
    const { tenantid: tenantId, correlationid: correlationId } = message;
    const { subscriptionId, deliveryId } = message.data;
    if (existing) return [respond(accept(deliveryView(existing)))];
    if (!subscription || subscription.deleted)
      return [respond(refuse(404, 'UNKNOWN_SUBSCRIPTION', `There is no subscription ${subscriptionId}.`))];
    const { type, aggregate: subjectType } = WebhookTest;
    const eventId = newId();
    const stored = { tenantId, eventId, orderId: null, createdAt: now };
    const data = { testId: eventId, subscriptionId };
    const event = {
      id: eventId,
      type,
      time: now,
      tenantId,
      subject: eventId,
      subjectType,
      sequence: 1,
      data,
    };
    const body = webhookBody({ ...event, correlationId });
    const delivery = {
      ...{ ...stored, deliveryId, subscriptionId, eventType: type, replayId: null },
      ...{ status: 'PENDING' as const, nextAttemptAt: now },
    };
    return [
      events.put({ ...stored, type, correlationId, body }),
      ...scheduleDelivery(delivery, now, { failures: 0, manual: true }),
      respond(accept(deliveryView(delivery))),
    ];
  },
});

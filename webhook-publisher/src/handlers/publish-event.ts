import { type Envelope, EVENTS, type EventType, type Message, matchesAnyPattern } from '@comanda/contracts';
import { type Handler, on } from '@comanda/messaging';
import { z } from 'zod';
import { webhookBody } from '../domain/webhook-body.js';
import { scheduleDelivery } from '../effects/schedule-delivery.js';
import { events, type Subscription, subscriptions } from '../storage/tables.js';

const Data = z.record(z.string(), z.unknown());
const AboutOrder = z.object({ orderId: z.string() });
const orderIdOf = (message: Message<unknown>): string | null =>
  AboutOrder.safeParse(message.data).data?.orderId ?? null;

const live = ({ tenantid }: Pick<Envelope, 'tenantid'>) => ({
  subscriptions: subscriptions.readAll({ liveTenantId: tenantid }),
});

const subscribersTo = (type: string, all: readonly Subscription[]): Subscription[] =>
  all.filter(({ enabled, eventTypes }) => enabled && matchesAnyPattern(eventTypes, type));

/** Every subscription that asked for the event's type gets one delivery, due at once. */
const publishEvent = (event: EventType): Handler =>
  on(event, `publish ${event.type}`, {
    wanted: {
      needs: live,
      by: ({ type }, rows) => subscribersTo(type, rows.subscriptions).length > 0,
    },
    needs: live,
    decide: (message, rows, { now, newId }) => {
      const {
        id,
        type,
        time,
        tenantid: tenantId,
        subject,
        sequence = 1,
        correlationid: correlationId,
      } = message;
      const subscribers = subscribersTo(type, rows.subscriptions);
      // One that was deleted in the same batch, say.
      if (subscribers.length === 0) return [];
      const orderId = orderIdOf(message);
      const body = webhookBody(
        {
          ...{ id, type, time, tenantId, subject, subjectType: event.aggregate, sequence, correlationId },
          data: Data.parse(message.data),
        },
        event.internal,
      );
      const delivery = {
        tenantId,
        eventId: id,
        eventType: type,
        orderId,
        status: 'PENDING' as const,
        nextAttemptAt: now,
        createdAt: now,
        replayId: null,
      };
      return [
        events.put({ tenantId, eventId: id, type, orderId, correlationId, body, createdAt: now }),
        ...subscribers.flatMap(({ subscriptionId }) =>
          scheduleDelivery({ ...delivery, subscriptionId, deliveryId: newId() }, now, {
            failures: 0,
            manual: false,
          }),
        ),
      ];
    },
  });

export const publishEvents: readonly Handler[] = EVENTS.map(publishEvent);

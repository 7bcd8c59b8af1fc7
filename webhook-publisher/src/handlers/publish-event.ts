import { EVENTS, type EventType, type Message, matchesAnyPattern } from '@comanda/contracts';
import { type Handler, on } from '@comanda/messaging';
import { z } from 'zod';
import { webhookBody } from '../domain/webhook-body.js';
import { scheduleDelivery } from '../effects/schedule-delivery.js';
import { events, subscriptions } from '../storage/tables.js';

const Data = z.record(z.string(), z.unknown());
const AboutOrder = z.object({ orderId: z.string() });
const orderIdOf = (message: Message<unknown>): string | null =>
  AboutOrder.safeParse(message.data).data?.orderId ?? null;

/** Every subscription that asked for the event's type gets one delivery, due at once. */
const publishEvent = (event: EventType): Handler =>
  on(event, `publish ${event.type}`, {
    needs: ({ tenantid }) => ({
      subscriptions: subscriptions.readAll({ liveTenantId: tenantid }),
    }),
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
      const subscribers = rows.subscriptions.filter(
        ({ enabled, eventTypes }) => enabled && matchesAnyPattern(eventTypes, type),
      );
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

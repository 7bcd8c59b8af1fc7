import { EVENTS, type EventType, type Message } from '@comanda/contracts';
import { type Handler, on, schedule } from '@comanda/messaging';
import { z } from 'zod';
import { matchesAnyPattern } from '../domain/event-type-pattern.js';
import { webhookBody } from '../domain/webhook-body.js';
import { deliveries, events, subscriptions } from '../storage/tables.js';
import { DELIVER } from '../work/kinds.js';

const AboutOrder = z.object({ orderId: z.string() });
const orderIdOf = (message: Message<unknown>): string | null =>
  AboutOrder.safeParse(message.data).data?.orderId ?? null;

/** Every event goes to whoever asked for its type: one delivery for each subscription, each due at once. */
export const publishEvent = (event: EventType): Handler =>
  on(event, `publish ${event.type}`, {
    needs: ({ tenantid }) => ({ subscriptions: subscriptions.readAll({ tenantId: tenantid }) }),
    decide: (message, rows, { now, newId }) => {
      const { id, type, time, tenantid: tenantId, sequence = 1, data } = message;
      const wanted = rows.subscriptions.filter(
        ({ enabled, deleted, eventTypes }) => enabled && !deleted && matchesAnyPattern(eventTypes, type),
      );
      if (wanted.length === 0) return [];
      const orderId = orderIdOf(message);
      const body = webhookBody({ id, type, time, tenantId, sequence, data });
      return [
        events.put({ tenantId, eventId: id, type, orderId, body, createdAt: now }),
        ...wanted.flatMap(({ subscriptionId }) => {
          const deliveryId = newId();
          return [
            deliveries.put({
              tenantId,
              deliveryId,
              subscriptionId,
              eventId: id,
              eventType: type,
              orderId,
              status: 'PENDING',
              nextAttemptAt: now,
              createdAt: now,
            }),
            schedule({
              work: DELIVER,
              id: deliveryId,
              dueAt: now,
              payload: { attempt: 1, manual: false },
              key: subscriptionId,
            }),
          ];
        }),
      ];
    },
  });

export const publishEvents: readonly Handler[] = EVENTS.map(publishEvent);

import { type Envelope, EVENTS, type EventType, type Message, matchesAnyPattern } from '@comanda/contracts';
import { type Effect, type Handler, on } from '@comanda/messaging';
import { z } from 'zod';
import { isForCustomer, tellingOf } from '../domain/telling.js';
import { webhookBody } from '../domain/webhook-body.js';
import { awaitContact } from '../effects/await-contact.js';
import { scheduleDelivery } from '../effects/schedule-delivery.js';
import { tellCustomer } from '../effects/schedule-notification.js';
import { type ContactRow, contacts, events, type Subscription, subscriptions } from '../storage/tables.js';

const Data = z.record(z.string(), z.unknown());
const AboutOrder = z.object({ orderId: z.string(), hasContact: z.literal(true).optional() });
const orderIdOf = (message: Message<unknown>): string | null =>
  AboutOrder.safeParse(message.data).data?.orderId ?? null;
const hasContact = (message: Message<unknown>): boolean =>
  AboutOrder.safeParse(message.data).data?.hasContact ?? false;

const live = ({ tenantid }: Pick<Envelope, 'tenantid'>) => ({
  subscriptions: subscriptions.readAll({ liveTenantId: tenantid }),
});

/** The contact of the order that the event is about, when customers are told of such events. */
const contactKey = (message: Message<unknown>): [string, string][] => {
  const orderId = isForCustomer(message.type) ? orderIdOf(message) : null;
  return orderId === null ? [] : [[message.tenantid, orderId]];
};

const subscribersTo = (type: string, all: readonly Subscription[]): Subscription[] =>
  all.filter(({ enabled, eventTypes }) => enabled && matchesAnyPattern(eventTypes, type));

const telling = (message: Message<unknown>, [contact]: readonly (ContactRow | undefined)[]) =>
  tellingOf({ type: message.type, hasContact: hasContact(message) }, contact);

/**
 * Every subscription that asked for the event's type gets one delivery, due at once; and the customer is told, if they left
 * a contact.
 */
const publishEvent = (event: EventType): Handler =>
  on(event, `publish ${event.type}`, {
    wanted: {
      needs: (envelope) => ({
        ...live(envelope),
        contact: contactKey(envelope).map((key) => contacts.read(...key)),
      }),
      by: (envelope, rows) =>
        subscribersTo(envelope.type, rows.subscriptions).length > 0 ||
        telling(envelope, rows.contact) !== 'nothing',
    },
    needs: (message) => ({
      ...live(message),
      contact: contactKey(message).map((key) => contacts.lock(...key)),
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
      const subscribers = subscribersTo(type, rows.subscriptions);
      const outcome = telling(message, rows.contact);
      // One that was deleted in the same batch, say.
      if (subscribers.length === 0 && outcome === 'nothing') return [];
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
        ...customerEffects(
          outcome,
          { tenantId, orderId, eventId: id, eventType: type },
          rows.contact[0],
          now,
        ),
      ];
    },
  });

export const publishEvents: readonly Handler[] = EVENTS.map(publishEvent);

function customerEffects(
  outcome: ReturnType<typeof tellingOf>,
  about: { tenantId: string; orderId: string | null; eventId: string; eventType: string },
  contact: ContactRow | undefined,
  now: string,
): Effect[] {
  const { orderId } = about;
  if (outcome === 'tell' && contact) return tellCustomer(contact, [about], now);
  if (outcome === 'wait' && orderId !== null) return [awaitContact({ ...about, orderId }, contact, now)];
  return [];
}

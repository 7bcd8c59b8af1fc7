import { z } from 'zod';
import { defineCommand, defineQuery } from '../define.js';
import { EmailAddress, Id, PhoneNumber, PublicKey, Sealed, Word } from '../ids.js';
import { Viewer } from '../shared-shapes.js';
import { StoredText } from '../text.js';
import { Timestamp } from '../timestamp.js';
import { TimelineStep } from './orders.js';
import { Reported } from './text-reports.js';
import { DeliveryStatus } from './webhooks.js';

const to = 'webhook-publisher';

/** The ways in which the customer of an order is told what becomes of it. */
export const ContactChannel = z.enum(['email', 'sms']);
export type ContactChannel = z.infer<typeof ContactChannel>;

/** The languages in which customers are told. */
export const ContactLocale = z.enum(['en', 'es']);

/** Where a customer wants to be told. Between services it travels sealed, and webhook-publisher alone opens it. */
export const Contact = z.object({ email: EmailAddress.optional(), phone: PhoneNumber.optional() });
export type Contact = z.infer<typeof Contact>;

/** What the contact of an order is sealed about, on its way: so it opens for no other order. */
export const contactOf = (tenantId: string, orderId: string): string =>
  JSON.stringify(['contact', tenantId, orderId]);

export const NotificationView = z.object({
  notificationId: Id,
  eventId: Id,
  eventType: Word,
  channel: ContactChannel,
  target: StoredText.optional().describe('Where it goes, masked; missing once the contact is erased'),
  status: DeliveryStatus,
  reason: StoredText.optional().describe('Why it was dropped, or has failed'),
  at: Timestamp.describe('When the event came'),
  ...Reported,
  nextAttemptAt: Timestamp.optional(),
  attempts: z.array(
    z.object({
      at: Timestamp,
      statusCode: z.number().int().optional(),
      detail: StoredText.optional().describe('What was answered, or why nothing was; for staff'),
    }),
  ),
});
export type NotificationView = z.infer<typeof NotificationView>;

export const RememberContact = defineCommand('notifications.remember', {
  to,
  summary:
    'Remember where the customer of an order wants to be told. It is sent before the order, sealed, and kept nowhere else. Durable: accepted as soon as the broker has it.',
  data: z.object({
    orderId: Id,
    sealedContact: Sealed.describe('Sealed for the key of notifications.contactKey'),
    locale: ContactLocale,
  }),
  result: z.object({ orderId: Id }),
});

export const EraseContact = defineCommand('notifications.erase', {
  to,
  summary:
    'Erase the contact of an order, for good: notifications that wait are dropped, and no contact is remembered for it again.',
  data: z.object({ orderId: Id }),
  result: z.object({ orderId: Id }),
});

export const GetContactKey = defineQuery('notifications.contactKey', {
  to,
  summary: 'For which key the contact of an order is to be sealed.',
  data: z.object({}),
  result: z.object({ sealFor: PublicKey }),
});

export const ListNotifications = defineQuery('notifications.list', {
  to,
  summary: 'What the customer of an order was told, oldest first. The gateway has asked whose order it is.',
  data: z.object({ orderId: Id, viewer: Viewer }),
  result: z.object({ items: z.array(NotificationView) }),
});

export const ListAttemptsOfOrder = defineQuery('notifications.timeline', {
  to,
  summary:
    'Who was told what of an order: each attempt to tell its customer, and for staff who manage webhooks also each attempt of a delivery. The gateway has asked whose order it is.',
  data: z.object({ orderId: Id, withDeliveries: z.boolean() }),
  result: z.object({ items: z.array(TimelineStep) }),
});

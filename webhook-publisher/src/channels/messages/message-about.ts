import type { Language } from '@comanda/contracts';
import { z } from 'zod';
import { clipped } from './line.js';
import { type Message, orderLine, reasonLine, type Wordings } from './message.js';
import { orderMessages } from './order-messages.js';
import { paymentMessages } from './payment-messages.js';
import { productMessages, reservationMessages } from './product-messages.js';
import { rejectionMessages } from './rejection-messages.js';
import { webhookMessages } from './webhook-messages.js';

/** The part of an event that a message mentions. */
export interface ReportedEvent {
  readonly type: string;
  readonly data: unknown;
}

/** The event types that have a text of their own. */
export const MESSAGES: Wordings = {
  ...orderMessages,
  ...rejectionMessages,
  ...paymentMessages,
  ...productMessages,
  ...reservationMessages,
  ...webhookMessages,
};

/** What people are told about one event. */
export function messageAbout(event: ReportedEvent, language: Language): Message {
  const wording = Object.hasOwn(MESSAGES, event.type) ? MESSAGES[event.type] : undefined;
  return wording?.(event.data, language) ?? genericMessage(event, language);
}

const Generic = z.object({ orderId: z.string().optional(), reason: z.string().optional() }).catch({});

/**
 * For a type that this build does not know, or data that its text does not fit: the type, and what most events have.
 * Names of fields and numbers without a unit would say nothing to staff.
 */
function genericMessage({ type, data }: ReportedEvent, language: Language): Message {
  const { orderId, reason } = Generic.parse(data);
  const lines = [
    ...(orderId === undefined ? [] : [orderLine(orderId)]),
    ...(reason === undefined ? [] : [reasonLine(reason)]),
  ];
  return { icon: 'ℹ️', title: clipped(type), lines: lines.map((one) => one[language]) };
}

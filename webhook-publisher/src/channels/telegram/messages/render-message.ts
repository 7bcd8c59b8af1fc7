import type { Language } from '@comanda/contracts';
import { z } from 'zod';
import { Html, html } from './html.js';
import { lineIn, type Messages, orderLine, reasonLine } from './message.js';
import { orderMessages } from './order-messages.js';
import { paymentMessages } from './payment-messages.js';
import { productMessages, reservationMessages } from './product-messages.js';
import { rejectionMessages } from './rejection-messages.js';
import { webhookMessages } from './webhook-messages.js';

/** The most that `sendMessage` of the Telegram Bot API takes, in UTF-16 code units. */
export const MAX_MESSAGE_LENGTH = 4096;

/** The part of an event that a message mentions. */
export interface ReportedEvent {
  readonly type: string;
  readonly data: unknown;
}

/** The event types that have a text of their own. */
export const MESSAGES: Messages = {
  ...orderMessages,
  ...rejectionMessages,
  ...paymentMessages,
  ...productMessages,
  ...reservationMessages,
  ...webhookMessages,
};

/** One event as a message for `parse_mode=HTML`: at most 4096 characters, with all data escaped. */
export function renderMessage(event: ReportedEvent, language: Language): string {
  const message = Object.hasOwn(MESSAGES, event.type) ? MESSAGES[event.type] : undefined;
  const lines = message?.(event.data, language) ?? genericLines(event, language);
  return Html.lines(lines, MAX_MESSAGE_LENGTH).text;
}

const Generic = z.object({ orderId: z.string().optional(), reason: z.string().optional() }).catch({});

/**
 * For a type that this build does not know, or data that its text does not fit: the type, and what most events have.
 * Names of fields and numbers without a unit would say nothing to staff.
 */
function genericLines({ type, data }: ReportedEvent, language: Language): Html[] {
  const { orderId, reason } = Generic.parse(data);
  return [
    html`ℹ️ <b>${type}</b>`,
    ...(orderId === undefined ? [] : [lineIn(orderLine(orderId), language)]),
    ...(reason === undefined ? [] : [lineIn(reasonLine(reason), language)]),
  ];
}

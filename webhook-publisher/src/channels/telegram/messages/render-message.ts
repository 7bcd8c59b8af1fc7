import type { Language } from '@comanda/contracts';
import { Html, html } from './html.js';
import type { Messages } from './message.js';
import { orderMessages } from './order-messages.js';
import { paymentMessages } from './payment-messages.js';
import { productMessages } from './product-messages.js';
import { webhookMessages } from './webhook-messages.js';

/** The most that `sendMessage` of the Telegram Bot API takes, in UTF-16 code units. */
export const MAX_MESSAGE_LENGTH = 4096;
const MAX_GENERIC_FIELDS = 10;

/** The part of an event that a message mentions. */
export interface ReportedEvent {
  readonly type: string;
  readonly data: unknown;
}

/** The event types that have a text of their own. */
export const MESSAGES: Messages = {
  ...orderMessages,
  ...paymentMessages,
  ...productMessages,
  ...webhookMessages,
};

/** One event as a message for `parse_mode=HTML`: at most 4096 characters, with all data escaped. */
export function renderMessage(event: ReportedEvent, language: Language): string {
  const message = Object.hasOwn(MESSAGES, event.type) ? MESSAGES[event.type] : undefined;
  const lines = message?.(event.data, language) ?? genericLines(event);
  return Html.lines(lines, MAX_MESSAGE_LENGTH).text;
}

/** For a type without a text, or data that its text does not fit: the type and its plain fields. */
function genericLines(event: ReportedEvent): Html[] {
  const fields = typeof event.data === 'object' && event.data !== null ? Object.entries(event.data) : [];
  const simple = fields.filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value));
  return [
    html`ℹ️ <b>${event.type}</b>`,
    ...simple.slice(0, MAX_GENERIC_FIELDS).map(([name, value]) => html`${name}: ${String(value)}`),
  ];
}

import { Html, html } from './html.js';
import type { MessageTemplate } from './message-template.js';
import type { Language } from './money-text.js';
import { orderTemplates } from './order-templates.js';
import { paymentTemplates } from './payment-templates.js';
import { productTemplates } from './product-templates.js';
import { webhookTemplates } from './webhook-templates.js';

/** The most that `sendMessage` of the Telegram Bot API takes, in UTF-16 code units. */
export const MAX_MESSAGE_LENGTH = 4096;
const MAX_GENERIC_FIELDS = 10;

/** The part of an event that a message tells about. */
export interface ReportedEvent {
  readonly type: string;
  readonly data: unknown;
}

const templates = new Map<string, MessageTemplate>(
  Object.entries({ ...orderTemplates, ...paymentTemplates, ...productTemplates, ...webhookTemplates }),
);

/** The event types that have a text of their own; all others are told generically. */
export const templatedTypes: readonly string[] = [...templates.keys()];

/** One event as a message for `parse_mode=HTML`, at most 4096 characters, everything from data escaped. */
export function renderMessage(event: ReportedEvent, language: Language): string {
  const lines = templates.get(event.type)?.lines(event.data, language) ?? genericLines(event);
  return Html.lines(lines, MAX_MESSAGE_LENGTH).text;
}

/**
 * Many events that wait for one chat as one message: "17 orders confirmed", one line for each kind in the order
 * in which they first came. A single event keeps its full text; no events make no message.
 */
export function foldBurst(events: readonly ReportedEvent[], language: Language): string | undefined {
  const [first, ...others] = events;
  if (first === undefined) return undefined;
  if (others.length === 0) return renderMessage(first, language);
  const counts = new Map<string, number>();
  for (const { type } of events) counts.set(type, (counts.get(type) ?? 0) + 1);
  const lines = [...counts].map(([type, count]) => countLine(type, count, language));
  return Html.lines(lines, MAX_MESSAGE_LENGTH).text;
}

function countLine(type: string, count: number, language: Language): Html {
  const noun = templates.get(type)?.counted[language];
  if (noun === undefined) return html`<b>${count}</b> × ${type}`;
  return html`<b>${count}</b> ${count === 1 ? noun.one : noun.many}`;
}

/** For a type without a text, or data that does not fit it: the type and its simple fields, as they are. */
function genericLines(event: ReportedEvent): Html[] {
  const fields = typeof event.data === 'object' && event.data !== null ? Object.entries(event.data) : [];
  const simple = fields.filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value));
  return [
    html`ℹ️ <b>${event.type}</b>`,
    ...simple.slice(0, MAX_GENERIC_FIELDS).map(([name, value]) => html`${name}: ${String(value)}`),
  ];
}

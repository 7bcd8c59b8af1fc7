import type { Language } from '@comanda/contracts';
import { COUNTED } from './counted.js';
import { clipped, type Line, line } from './line.js';
import type { Message } from './message.js';
import { messageAbout, type ReportedEvent } from './message-about.js';

/** So much of what an event says stands in its line; the rest is in the order, the product. */
const LINES_OF_EACH = 2;

/**
 * What people are told about many events at once: for each type, in the order in which they first came, how many there
 * were, and a line about each of the first few.
 *
 * @param details how many of each type have a line of their own
 */
export function foldedMessages(
  events: readonly ReportedEvent[],
  language: Language,
  details: number,
): Message[] {
  return [...Map.groupBy(events, ({ type }) => type)].map(([type, same]) => {
    const messages = same.map((event) => messageAbout(event, language));
    const [first] = messages;
    if (!first) throw new Error('unreachable: a group has an event');
    const shown = messages
      .filter(({ lines }) => lines.length > 0)
      .slice(0, details)
      .map(inOneLine);
    const left = same.length - shown.length;
    return {
      icon: first.icon,
      title: same.length === 1 ? first.title : counted(type, same.length, language),
      lines: left > 0 && shown.length > 0 ? [...shown, MORE[language](left)] : shown,
    };
  });
}

const MORE = {
  en: (left: number) => line`… and ${left} more`,
  es: (left: number) => line`… y ${left} más`,
};

function counted(type: string, count: number, language: Language): string {
  const words = Object.hasOwn(COUNTED, type) ? COUNTED[type] : undefined;
  return words ? `${count} ${words[language]}` : `${count} × ${clipped(type)}`;
}

const inOneLine = ({ lines }: Message): Line => [
  { text: '• ' },
  ...lines.slice(0, LINES_OF_EACH).flatMap((one, at) => (at === 0 ? one : [{ text: ' · ' }, ...one])),
];

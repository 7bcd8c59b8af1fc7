import type { Line, Span } from '../messages/line.js';
import type { Message } from '../messages/message.js';
import { wholeLines } from '../messages/whole-lines.js';

/** The most that `sendMessage` of the Telegram Bot API takes, in UTF-16 code units. */
export const MAX_MESSAGE_LENGTH = 4096;

/**
 * A message for `parse_mode=HTML`: at most 4096 characters, with all text escaped.
 *
 * @see https://core.telegram.org/bots/api#html-style
 */
export const renderMessage = (message: Message): string => wholeLines(htmlLines(message), MAX_MESSAGE_LENGTH);

/** How many events of each type are told by name: as many as fit. Their numbers alone always do. */
const DETAILS = [5, 3, 1];

/** The same of many events. */
export function renderFolded(messages: (details: number) => readonly Message[]): string {
  const text = (details: number): string[] => messages(details).flatMap(htmlLines);
  const fitting = DETAILS.map(text).find((lines) => lines.join('\n').length <= MAX_MESSAGE_LENGTH);
  return wholeLines(fitting ?? text(0), MAX_MESSAGE_LENGTH);
}

const htmlLines = ({ icon, title, lines }: Message): string[] => [
  `${icon} ${html({ text: title, style: 'bold' })}`,
  ...lines.map(htmlLine),
];

const TAGS = { bold: 'b', code: 'code' };

const htmlLine = (line: Line): string => line.map(html).join('');

function html({ text, style }: Span): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return style === undefined ? escaped : `<${TAGS[style]}>${escaped}</${TAGS[style]}>`;
}

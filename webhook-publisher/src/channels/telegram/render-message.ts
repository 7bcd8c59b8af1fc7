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
export const renderMessage = ({ icon, title, lines }: Message): string =>
  wholeLines([`${icon} ${html({ text: title, style: 'bold' })}`, ...lines.map(htmlLine)], MAX_MESSAGE_LENGTH);

const TAGS = { bold: 'b', code: 'code' };

const htmlLine = (line: Line): string => line.map(html).join('');

function html({ text, style }: Span): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return style === undefined ? escaped : `<${TAGS[style]}>${escaped}</${TAGS[style]}>`;
}

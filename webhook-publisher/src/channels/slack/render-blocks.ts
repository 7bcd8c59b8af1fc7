import type { Line, Span } from '../messages/line.js';
import type { Message } from '../messages/message.js';
import { wholeLines } from '../messages/whole-lines.js';

/** The most that a header and a section take, in characters. */
const MAX_HEADER = 150;
const MAX_SECTION = 3_000;

/**
 * A message in Slack's blocks. `<`, `>` and `&` are escaped, so no value can mention anybody or hide a link, and `verbatim`
 * keeps Slack from making links of names and addresses.
 *
 * @see https://api.slack.com/reference/surfaces/formatting#escaping
 */
export function renderBlocks({ icon, title, lines }: Message): object {
  const header = `${icon} ${title}`;
  return {
    // What a notification shows.
    text: escaped(header),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: cut(header), emoji: true } },
      ...(lines.length === 0
        ? []
        : [{ type: 'section', text: { type: 'mrkdwn', text: sectionOf(lines), verbatim: true } }]),
    ],
    // A link in a name leads no reader's machine to a stranger's server.
    unfurl_links: false,
    unfurl_media: false,
  };
}

const cut = (text: string): string =>
  text.length <= MAX_HEADER ? text : `${text.slice(0, MAX_HEADER - 1).toWellFormed()}…`;

const sectionOf = (lines: readonly Line[]): string =>
  wholeLines(
    lines.map((line) => line.map(marked).join('')),
    MAX_SECTION,
  );

const MARKS = { bold: '*', code: '`' };

/** A mark can't be escaped, so it can't stand in what it encloses. */
function marked({ text, style }: Span): string {
  if (style === undefined) return escaped(text);
  const mark = MARKS[style];
  return `${mark}${escaped(text.replaceAll(mark, "'"))}${mark}`;
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

import type { Language } from '@comanda/contracts';
import { type Line, plain, type Span } from '../messages/line.js';
import type { Message } from '../messages/message.js';

export interface EmailContent {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** A message in both forms in which people read mail. All that comes from data is escaped. */
export function renderEmail({ icon, title, lines }: Message, language: Language): EmailContent {
  const [first] = lines;
  return {
    // What it is about, so that two orders are not one conversation.
    subject: first === undefined ? title : `${title}: ${plain(first)}`,
    text: [title, '', ...lines.map(plain), ''].join('\n'),
    html: [
      `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><title>${escaped(title)}</title></head>`,
      '<body style="font-family:sans-serif;font-size:16px;line-height:1.5">',
      `<p><b>${escaped(`${icon} ${title}`)}</b></p>`,
      ...lines.map((line) => `<p style="margin:0">${htmlLine(line)}</p>`),
      '</body></html>',
      '',
    ].join('\n'),
  };
}

const TAGS = { bold: 'b', code: 'code' };

const htmlLine = (line: Line): string => line.map(html).join('');

const html = ({ text, style }: Span): string =>
  style === undefined ? escaped(text) : `<${TAGS[style]}>${escaped(text)}</${TAGS[style]}>`;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

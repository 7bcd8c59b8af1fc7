import Mustache from 'mustache';
import { MAX_SMS_LENGTH } from '../domain/sms-length.js';
import type { Variables } from './variables.js';

/** The kinds of files of which a message is made. */
export const FORMS = ['txt', 'html', 'sms'] as const;
export type Form = (typeof FORMS)[number];

type Token = readonly [
  kind: string,
  value: string,
  start: number,
  end: number,
  inside?: unknown,
  ...rest: unknown[],
];

/** In HTML every value is escaped; a plain text shows it as it is. */
export const render = (template: string, form: Form, variables: Variables): string =>
  Mustache.render(template, variables, {}, form === 'html' ? {} : { escape: String });

/**
 * What is wrong with a template, one line for each thing.
 *
 * @param known what it may name, each with an example
 */
export function problemsOf(template: string, form: Form, known: Variables): string[] {
  let tokens: Token[];
  try {
    tokens = Mustache.parse(template) as unknown as Token[];
  } catch (error) {
    return [String(error instanceof Error ? error.message : error)];
  }
  const problems = tokens.flatMap((token) => problemsIn(token, known));
  if (form === 'txt' && !SUBJECT.test(template)) problems.push('its first line must be "Subject: ..."');
  if (template.trim() === '') problems.push('it is empty');
  if (form === 'sms' && problems.length === 0) {
    const { length } = render(template, form, known).trim();
    if (length > MAX_SMS_LENGTH)
      problems.push(`its example has ${length} characters; a text may have ${MAX_SMS_LENGTH}`);
  }
  return problems;
}

/** The first line of a text names the subject; the rest is what is read. */
const SUBJECT = /^Subject:[ \t]*(\S.*?)[ \t]*\r?\n(?:[ \t]*\r?\n)?/;

/** A rendered text, taken apart. */
export function subjectAndText(rendered: string): { readonly subject: string; readonly text: string } {
  const [head = '', subject = ''] = SUBJECT.exec(rendered) ?? [];
  return { subject, text: rendered.slice(head.length) };
}

function problemsIn([kind, name, , , inside]: Token, known: Variables): string[] {
  switch (kind) {
    case 'text':
    case '!':
      return [];
    case 'name':
      return typeof known[name] === 'string'
        ? []
        : [`{{${name}}} is not known here; ${listed(known, 'string')}`];
    case '#':
    case '^':
      return [
        ...(typeof known[name] === 'boolean'
          ? []
          : [`{{${kind}${name}}} is not known here; ${listed(known, 'boolean')}`]),
        ...(Array.isArray(inside) ? (inside as Token[]).flatMap((token) => problemsIn(token, known)) : []),
      ];
    case '&':
      return [`{{{${name}}}} would not be escaped; write {{${name}}}`];
    default:
      return [`{{${kind}${name}}} can't be used here`];
  }
}

function listed(known: Variables, type: 'string' | 'boolean'): string {
  const names = Object.keys(known).filter((name) => typeof known[name] === type);
  return names.length === 0 ? 'there are none' : `there are: ${names.join(', ')}`;
}

import { z } from 'zod';

/** For tests: each is a text that nobody can leave where others read it. */
export const BAD_TEXTS = {
  'half of a surrogate pair': 'a\ud83db',
  NUL: 'a\u0000b',
  'a line feed': 'a\nb',
  'a line feed at the end': 'a\n',
  'a carriage return': 'a\rb',
  'a tab': 'a\tb',
  'a vertical tab': 'a\u000bb',
  'a form feed': 'a\u000cb',
  DEL: 'a\u007fb',
  'a C1 control': 'a\u009bb',
  'a next line': 'a\u0085b',
  'a line separator': 'a\u2028b',
  'a paragraph separator': 'a\u2029b',
  'a right-to-left override': 'a\u202eb',
  'a direction isolate': 'a\u2066b',
  'a direction mark': 'a\u200fb',
  'an Arabic letter mark': 'a\u061cb',
  'a deprecated format character': 'a\u206ab',
  'an annotation': 'a\ufff9b',
  'tags outside a flag': 'a\u{e0041}\u{e0042}',
  'a code point for no character': 'a\ufffe',
  'nothing at all': '',
  blanks: '   ',
  'no-break spaces': '\u00a0\u202f',
  'wide spaces': '\u3000\u2003',
  'a zero-width space': '\u200b',
  'Hangul fillers': '\u3164\u115f\u1160\uffa0',
  'a byte order mark': '\ufeff',
  'blank Braille': '\u2800',
  'a soft hyphen': '\u00ad',
  'variation selectors': '\ufe0f\u{e0100}',
  'a word joiner': '\u2060',
  'a mark without a letter': '\u0301',
  'only tags': '\u{e0041}',
  'a blank with a joiner': ' \u200d ',
};

/** Each stays as it is. */
export const GOOD_TEXTS = {
  'one letter': 'a',
  'a name with accents': 'Café con leche nº 2',
  'several alphabets': 'コーヒー ☕ قهوة קפה กาแฟ',
  'marks on a letter that has no composed form': 'r\u0308x\u0323\u0301',
  'a family': '👨‍👩‍👧‍👦',
  'a flag of a region': '🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}',
  'a heart in colour': '❤️',
  'a key': '1️⃣',
  'a joiner that Persian needs': 'می\u200cخواهم',
  'a place to break a line': 'กา\u200bแฟ',
  'letters beyond the first plane': '𠮷野家',
};

interface Leaf {
  readonly path: string;
  readonly schema: z.ZodType;
}

/** Every string in a schema, with the path that leads to it. Throws on a kind of schema that it does not know. */
export function stringsIn(schema: z.core.$ZodType, path = ''): Leaf[] {
  if (schema instanceof z.ZodString || schema instanceof z.ZodStringFormat) return [{ path, schema }];
  if (schema instanceof z.ZodObject)
    return Object.entries(schema.shape).flatMap(([field, inner]) => stringsIn(inner, `${path}.${field}`));
  if (schema instanceof z.ZodArray) return stringsIn(schema.element, `${path}[]`);
  if (schema instanceof z.ZodRecord)
    return [...stringsIn(schema.keyType, `${path}{key}`), ...stringsIn(schema.valueType, `${path}{}`)];
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => stringsIn(option, path));
  if (schema instanceof z.ZodPipe) return stringsIn(schema.in, path);
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodCatch
  )
    return stringsIn(schema.unwrap(), path);
  if (NO_STRINGS.some((kind) => schema instanceof kind)) return [];
  throw new Error(`${path} is of a kind that is not known here: ${schema._zod.def.type}`);
}

const NO_STRINGS = [z.ZodNumber, z.ZodBoolean, z.ZodEnum, z.ZodLiteral, z.ZodUnknown, z.ZodUndefined];

/** What is wrong with a string that strangers fill: bad texts that it takes, good texts that it takes and changes. */
export function faultsIn({ path, schema }: Leaf): string[] {
  const readsText = schema.safeParse('Café ☕').success;
  return [
    ...Object.entries(BAD_TEXTS).flatMap(([what, bad]) => {
      const { data } = schema.safeParse(bad);
      // Where nothing at all may be said, blanks say nothing.
      return data === undefined || data === '' ? [] : [`${path} takes ${what}`];
    }),
    ...(readsText ? Object.entries(GOOD_TEXTS) : []).flatMap(([what, good]) =>
      schema.safeParse(good).data === good ? [] : [`${path} does not keep ${what}`],
    ),
  ];
}

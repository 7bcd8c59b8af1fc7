import type { z } from 'zod';
import type { Html } from './html.js';
import type { Language } from './money-text.js';

export type Localised<T> = Readonly<Record<Language, T>>;

/** How many of one kind there are, in words: singular and plural, each after its number. */
export type CountedNoun = Localised<{ readonly one: string; readonly many: string }>;

/** The texts for one event type. */
export interface MessageTemplate {
  /** The lines of a message, or `undefined` when `data` lacks what the text mentions. */
  readonly lines: (data: unknown, language: Language) => readonly Html[] | undefined;
  /** For a burst: "17 orders confirmed". */
  readonly counted: CountedNoun;
}

/**
 * Builds a template. `schema` names only the fields that the text mentions, so that an event which gained or
 * lost others still reads well.
 */
export function template<Schema extends z.ZodType>(
  schema: Schema,
  texts: Localised<(data: z.output<Schema>) => readonly Html[]>,
  counted: CountedNoun,
): MessageTemplate {
  return {
    lines: (data, language) => {
      const parsed = schema.safeParse(data);
      return parsed.success ? texts[language](parsed.data) : undefined;
    },
    counted,
  };
}

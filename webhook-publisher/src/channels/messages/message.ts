import type { Language } from '@comanda/contracts';
import type { z } from 'zod';
import { code, type Line, line } from './line.js';

export type Localised<T> = Readonly<Record<Language, T>>;

/** What people are told about one event, on any channel. */
export interface Message {
  readonly icon: string;
  readonly title: string;
  readonly lines: readonly Line[];
}

/** Words the message about one event; `undefined` when `data` lacks a field that it mentions. */
export type Wording = (data: unknown, language: Language) => Message | undefined;

/** By the type of the event. */
export type Wordings = Readonly<Record<string, Wording>>;

/**
 * A title and the lines below it. `schema` names only the fields that the text mentions, so an event that gained or
 * lost other fields still has its text.
 */
export function wording<Schema extends z.ZodType>(
  schema: Schema,
  title: Localised<string> & { readonly icon: string },
  lines: (data: z.output<Schema>) => readonly Localised<Line>[],
): Wording {
  return (data, language) => {
    const parsed = schema.safeParse(data);
    if (!parsed.success) return undefined;
    return {
      icon: title.icon,
      title: title[language],
      lines: lines(parsed.data).map((one) => one[language]),
    };
  };
}

export const orderLine = (orderId: string): Localised<Line> => ({
  en: line`Order ${code(orderId)}`,
  es: line`Pedido ${code(orderId)}`,
});

export const reasonLine = (reason: string): Localised<Line> => ({
  en: line`Reason: ${reason}`,
  es: line`Motivo: ${reason}`,
});

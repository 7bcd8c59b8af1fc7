import type { Language } from '@comanda/contracts';
import type { z } from 'zod';
import { Html, html } from './html.js';

type Localised<T> = Readonly<Record<Language, T>>;
/** A line that reads the same in every language, or one text for each. */
type Line = Html | Localised<Html>;

/** The lines of a message about one event; `undefined` when `data` lacks a field that they mention. */
export type Message = (data: unknown, language: Language) => readonly Html[] | undefined;

/** By the type of the event. */
export type Messages = Readonly<Record<string, Message>>;

/**
 * A title and the lines below it. `schema` names only the fields that the text mentions, so an event that gained or
 * lost other fields still has its text.
 */
export function message<Schema extends z.ZodType>(
  schema: Schema,
  title: Localised<string> & { readonly icon: string },
  lines: (data: z.output<Schema>) => readonly Line[],
): Message {
  return (data, language) => {
    const parsed = schema.safeParse(data);
    if (!parsed.success) return undefined;
    return [
      html`${title.icon} <b>${title[language]}</b>`,
      ...lines(parsed.data).map((line) => lineIn(line, language)),
    ];
  };
}

export const lineIn = (line: Line, language: Language): Html =>
  line instanceof Html ? line : line[language];

export const orderLine = (orderId: string): Line => ({
  en: html`Order <code>${orderId}</code>`,
  es: html`Pedido <code>${orderId}</code>`,
});

export const reasonLine = (reason: string): Line => ({
  en: html`Reason: ${reason}`,
  es: html`Motivo: ${reason}`,
});

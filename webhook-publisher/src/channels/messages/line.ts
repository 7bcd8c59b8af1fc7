import { oneLine } from '@comanda/contracts';

/** A piece of a line: our words or a value, plain or set apart. */
export interface Span {
  readonly text: string;
  readonly style?: 'bold' | 'code';
}

/**
 * One line of a message, without markup: each channel escapes its pieces and sets them in its own. So no value can open a
 * tag or a link, whatever the channel.
 */
export type Line = readonly Span[];

/** Tag for template literals: `` line`Order ${code(orderId)}` ``. */
export const line = (parts: TemplateStringsArray, ...values: readonly (Span | string | number)[]): Line =>
  parts.flatMap((part, index) => {
    const value = values[index];
    const after = typeof value === 'object' ? value : { text: value === undefined ? '' : clipped(value) };
    return [{ text: part }, after].filter(({ text }) => text !== '');
  });

/** An id, an address: what people copy. */
export const code = (value: string): Span => ({ text: clipped(value), style: 'code' });

export const bold = (value: string): Span => ({ text: clipped(value), style: 'bold' });

/** A line in plain text, which needs no escaping. */
export const plain = (spans: Line): string => spans.map(({ text }) => text).join('');

/** The longest value in a message; a longer one keeps its beginning. Counted in code points, so no pair is split. */
const MAX_VALUE_LENGTH = 200;

/** Makes a value fit for a line: without line breaks of any kind and lone surrogates (services refuse them), and not too long. */
export function clipped(value: string | number): string {
  const points = Array.from(oneLine(String(value)));
  return points.length <= MAX_VALUE_LENGTH
    ? points.join('')
    : `${points.slice(0, MAX_VALUE_LENGTH - 1).join('')}…`;
}

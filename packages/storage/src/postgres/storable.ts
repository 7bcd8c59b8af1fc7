import type { Parameter } from '../statement.js';

/**
 * A parameter as PostgreSQL can keep it: its text holds neither U+0000 nor half of a surrogate pair, which SQLite
 * keeps; both become U+FFFD. A list is sent as JSON.
 */
export function storable(parameter: Parameter): string | number | null {
  if (typeof parameter === 'string') return storableText(parameter);
  if (parameter === null || typeof parameter === 'number') return parameter;
  const text = JSON.stringify(parameter);
  if (!/\\u(?:0000|d[89a-f])/.test(text)) return text;
  return JSON.stringify(parameter, (_, value: unknown) =>
    typeof value === 'string' ? storableText(value) : value,
  );
}

const storableText = (text: string): string => text.toWellFormed().replaceAll('\u0000', '\ufffd');

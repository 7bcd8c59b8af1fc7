import { z } from 'zod';
import { oneLine } from './one-line.js';

/**
 * What a font draws nothing for: blanks, controls, marks without a letter, what Unicode calls ignorable (U+200B, the
 * Hangul fillers, variation selectors, tags ...), and a few symbols that are blank by their design (Braille U+2800).
 */
const SEEN = /[^\p{Z}\p{Cc}\p{Cf}\p{Cs}\p{M}\p{DI}\u2800\ufffc\u{13441}\u{13442}\u{1d159}]/u;
/** Controls, whatever ends a line, and the controls of annotations. */
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}\ufff9-\ufffb]/u;
const DIRECTION = /[\p{Bidi_C}\u206a-\u206f]/u;
/** Code points that are for no text; and tags, which are in the flags of regions (a black flag, then tags) and nowhere else. */
const STRAY = /\p{NChar}|(?<!\u{1f3f4}[\u{e0020}-\u{e007e}]*)[\u{e0000}-\u{e007f}]/u;
const EDGES = /^[\p{Zs}\ufeff]+|[\p{Zs}\ufeff]+$/gu;

/** What is wrong with a text that people are to read; `undefined` when nothing is. */
export function flawOf(text: string): string | undefined {
  if (!text.isWellFormed()) return 'must be well-formed Unicode: it holds half of a surrogate pair';
  if (CONTROL.test(text))
    return 'must be one line of text, without line breaks, tabs and other control characters';
  if (DIRECTION.test(text)) return 'must not hold characters that turn the direction of text, such as U+202E';
  if (STRAY.test(text))
    return 'must not hold tag characters outside a flag, or code points that are no characters';
  if (!SEEN.test(text)) return 'must hold at least one character that can be seen';
  return undefined;
}

/** Letters with accents in one form (NFC), no blanks around. */
export const tidied = (text: string): string => text.normalize('NFC').replaceAll(EDGES, '');

/**
 * One line that people read: a name, a reason, a description, on its way in. It is kept tidied. Its length is counted
 * in code points, as JSON Schema does, so it has at most four bytes for each.
 */
export const text = (most: number, { mayBeEmpty = false }: { readonly mayBeEmpty?: boolean } = {}) =>
  z
    .string()
    .overwrite(tidied)
    .check(({ value, issues }) => {
      if (value === '' && mayBeEmpty) return;
      const size = [...value].length;
      const tooLong = size > most ? `must have at most ${most} characters; this has ${size}` : undefined;
      const message = flawOf(value) ?? tooLong;
      if (message !== undefined) issues.push({ code: 'custom', message, input: value });
    })
    .meta({ ...(!mayBeEmpty && { minLength: 1 }), maxLength: most });

/**
 * Text on its way out, from a database, in an event or in an answer: it may be older than the rules above, or have been
 * written by others. So nothing is asked of it, and whoever shows it makes it fit (`oneLine`).
 */
export const StoredText = z.string();

/**
 * Text of a client in a command that was answered with 202. A build with other rules may have done that, so whatever it
 * took is made to fit, and not refused.
 */
export const AcceptedText = z.string().overwrite(oneLine);

/**
 * A text without the differences that a search or a reserved word ignores: letters of any alphabet in one case, each in
 * one form whatever its width, nothing that can't be seen (Unicode's NFKC_Casefold). Capitals, because small letters are
 * ambiguous ("ß" and "ss", "ς" and "σ").
 */
export const folded = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .toUpperCase()
    .replaceAll(/\p{DI}+/gu, '')
    .normalize('NFKC');

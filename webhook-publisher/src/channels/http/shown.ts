/**
 * What a stranger wrote, so that people can look at it and PostgreSQL can store it: what would be invisible, would turn
 * the direction of the text, or is half a character, stands there as its number (`\u202e`). Line breaks and tabs stay.
 */
export const shown = (text: string): string =>
  text.replaceAll('\r\n', '\n').replace(UNSHOWABLE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });

/** The same on one line, and no longer than a line. */
export function shownLine(text: string, longest = 300): string {
  const line = shown(text).replace(/[\n\t]/g, ' ');
  return line.length > longest ? `${line.slice(0, longest).toWellFormed()}...` : line;
}

/**
 * Control characters, format characters (bidi among them; but the joiners that some scripts and emoji need), separators
 * of lines, halves of pairs.
 */
const UNSHOWABLE = /(?![\n\t\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

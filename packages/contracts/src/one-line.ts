/**
 * What would end a line, turn its direction or act on a terminal. This file imports nothing, because an edge function
 * uses it as well.
 */
const NOT_IN_A_LINE = '\\p{Cc}\\p{Zl}\\p{Zp}\\p{Bidi_C}\\u206a-\\u206f\\ufff9-\\ufffb';
const RUN = new RegExp(`[${NOT_IN_A_LINE}]+`, 'gu');
const EACH = new RegExp(`(?!\\n)[${NOT_IN_A_LINE}]`, 'gu');

/** Whatever a stranger wrote, as a part of one line that a person reads in a log, a table or a chat. */
export const oneLine = (text: string): string => text.toWellFormed().replaceAll(RUN, ' ');

/** JSON with the same meaning that has no lines but its own: `JSON.stringify` leaves U+2028 and its like as they are. */
export const plainJson = (json: string): string =>
  // Most lines of a log are plain already, and there are many of them.
  !/[^\n\x20-\x7e]/.test(json)
    ? json
    : json.replaceAll(EACH, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

import { pathText } from '../problems/path-text.js';
import type { FieldError } from '../problems/problem.js';

/** How many arrays and objects may lie in each other. What is nested much deeper breaks what walks through it. */
export const MAX_DEPTH = 32;

/** Whether a JSON text nests deeper than is allowed; read before anything is made of it, and without recursion. */
export function isTooDeep(json: string): boolean {
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    const char = json[at];
    if (char === '"') at = endOfString(json, at);
    else if (char === '[' || char === '{') {
      if (++depth > MAX_DEPTH) return true;
    } else if (char === ']' || char === '}') depth--;
  }
  return false;
}

interface Level {
  /** The fields so far, of an object. */
  readonly keys: Set<string> | undefined;
  /** The field, or the index in an array, that is being read. */
  at: string | number;
}

/** More are not told, so they are not looked for. */
const MOST_FLAWS = 50;

/**
 * What JSON.parse lets pass of a text that it takes, and what is not the same to everybody who reads it (RFC 7493): a
 * field that stands twice, of which one would be lost; text that is no Unicode, or that PostgreSQL can't store.
 */
export function flawsOf(json: string): FieldError[] {
  const flaws: FieldError[] = [];
  const levels: Level[] = [];
  const add = (message: string): void => {
    flaws.push({ path: pathText(levels.map(({ at }) => at)), message });
  };
  for (let at = 0; at < json.length && flaws.length < MOST_FLAWS; at++) {
    const char = json[at];
    const level = levels.at(-1);
    if (char === '{') levels.push({ keys: new Set(), at: '' });
    else if (char === '[') levels.push({ keys: undefined, at: 0 });
    else if (char === ']' || char === '}') levels.pop();
    else if (char === ',' && typeof level?.at === 'number') level.at++;
    else if (char === '"') {
      const end = endOfString(json, at);
      const written = json.slice(at + 1, end);
      // Only an escape can be what UTF-8 is not.
      const escaped = written.includes('\\');
      const text = escaped ? String(JSON.parse(`"${written}"`)) : written;
      if (level?.keys && isKey(json, end)) {
        level.at = text;
        if (level.keys.has(text)) add('stands there twice; send it once');
        // It would become the object's prototype wherever objects are copied.
        if (text === '__proto__') add('is not a known field; leave it out');
        level.keys.add(text);
      }
      if (escaped && !isStorable(text)) add('must not contain the character NUL or half of a surrogate pair');
      at = end;
    }
  }
  return flaws;
}

/** Where a string ends that begins here: at its closing quote, or with the text. */
function endOfString(json: string, start: number): number {
  let end = start + 1;
  while (end < json.length && json[end] !== '"') end += json[end] === '\\' ? 2 : 1;
  return end;
}

const COLON = /\s*:/y;

function isKey(json: string, end: number): boolean {
  COLON.lastIndex = end + 1;
  return COLON.test(json);
}

const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\0');

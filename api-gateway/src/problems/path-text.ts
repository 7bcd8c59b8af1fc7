/** A path is for people; the names of fields in it are the client's, and may be as long as the body. */
const MOST_CHARACTERS = 300;

/** Where something stands in a body: `items[0].productId`. What is no Unicode in the name of a field is told as U+FFFD. */
export function pathText(path: readonly PropertyKey[]): string {
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  const shown = text.startsWith('.') ? text.slice(1) : text;
  return (shown.length > MOST_CHARACTERS ? `${shown.slice(0, MOST_CHARACTERS)}...` : shown).toWellFormed();
}

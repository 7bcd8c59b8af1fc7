/** Where something stands in a body: `items[0].productId`. What is no Unicode in the name of a field is told as U+FFFD. */
export function pathText(path: readonly PropertyKey[]): string {
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return (text.startsWith('.') ? text.slice(1) : text).toWellFormed();
}

/**
 * Replaces what is between `generated: name` and `end of generated: name`, two comment lines of a file that is
 * otherwise written by hand.
 *
 * @throws Error when the file has no such section
 */
export function withSection(text: string, name: string, lines: readonly string[]): string {
  const found = new RegExp(
    `^(.*\\bgenerated: ${name}\\b.*\\n)[\\s\\S]*?^(.*\\bend of generated: ${name}\\b.*\\n)`,
    'm',
  ).exec(text);
  if (found === null) throw new Error(`There is no section "generated: ${name}"`);
  const [whole, begin = '', end = ''] = found;
  const body = lines.map((line) => `${line}\n`).join('');
  return text.slice(0, found.index) + begin + body + end + text.slice(found.index + whole.length);
}

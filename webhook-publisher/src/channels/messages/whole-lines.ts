const ENDING = '\n…';

/** As many whole lines as fit, in UTF-16 code units, so that a cut never falls inside of markup. */
export function wholeLines(lines: readonly string[], maxLength: number): string {
  const all = lines.join('\n');
  if (all.length <= maxLength) return all;
  let text = '';
  for (const line of lines) {
    const longer = text === '' ? line : `${text}\n${line}`;
    if (longer.length + ENDING.length > maxLength) break;
    text = longer;
  }
  return `${text}${ENDING}`.trimStart();
}

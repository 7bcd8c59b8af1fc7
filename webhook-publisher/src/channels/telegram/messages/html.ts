import { oneLine } from '@comanda/contracts';

/**
 * Text in the HTML subset of the Telegram Bot API. Only this file can make it, and it escapes every value, so no data
 * can open a tag or a link.
 *
 * @see https://core.telegram.org/bots/api#html-style
 */
export class Html {
  private constructor(readonly text: string) {}

  /** Tag for template literals: `` html`<b>${name}</b>` ``. Only a value that is `Html` itself is not escaped. */
  static of(parts: TemplateStringsArray, ...values: readonly (Html | string | number)[]): Html {
    const text = parts.reduce((done, part, index) => {
      const value = values[index - 1];
      return done + (value instanceof Html ? value.text : escapeHtml(clip(String(value)))) + part;
    });
    return new Html(text);
  }

  /** As many whole lines as fit, so that a cut never falls inside a tag or an entity. */
  static lines(lines: readonly Html[], maxLength: number): Html {
    const all = lines.map((line) => line.text).join('\n');
    if (all.length <= maxLength) return new Html(all);
    const ending = '\n…';
    let text = '';
    for (const line of lines) {
      const longer = text === '' ? line.text : `${text}\n${line.text}`;
      if (longer.length + ending.length > maxLength) break;
      text = longer;
    }
    return new Html(`${text}${ending}`.trimStart());
  }
}

export const html = Html.of;

/** The longest value in a message; a longer one keeps its beginning. Counted in code points, so no pair is split. */
const MAX_VALUE_LENGTH = 200;

/** Makes a value fit for a line: without line breaks of any kind and lone surrogates (the API refuses them), and not too long. */
function clip(value: string): string {
  const points = Array.from(oneLine(value));
  return points.length <= MAX_VALUE_LENGTH
    ? points.join('')
    : `${points.slice(0, MAX_VALUE_LENGTH - 1).join('')}…`;
}

function escapeHtml(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

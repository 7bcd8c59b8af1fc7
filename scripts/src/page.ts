import { pc } from './colours.js';

/** Where a page is written: a terminal, or something that keeps what it gets. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** What a person reads while the platform comes up: one step after the other, and lines between them. */
export interface Page {
  /**
   * Runs a step and shows that it runs, and then how it ended. On a terminal its line is written again in place;
   * elsewhere there is one line at its beginning and one at its end.
   *
   * @param run gets a function that changes what the line says of it
   */
  step<Result>(title: string, run: (say: (detail: string) => void) => Promise<Result>): Promise<Result>;
  line(text?: string): void;
}

const REDRAW_MS = 100;
const TITLE_WIDTH = 20;
const FALLBACK_COLUMNS = 80;
const CLEAR = '\r\u001b[K';

/** @param inPlace whether lines may be written again: never where each must stay, as between lines of a log */
export function createPage(output: Output, inPlace = output.isTTY === true): Page {
  let redraw: (() => void) | undefined;

  /** A line above the one that is written again and again. */
  const line = (text = ''): void => {
    output.write(redraw === undefined ? `${text}\n` : `${CLEAR}${text}\n`);
    redraw?.();
  };

  const step: Page['step'] = async (title, run) => {
    const since = performance.now();
    let detail = '';
    const text = (mark: string): string => {
      const seconds = `${((performance.now() - since) / 1000).toFixed(1)} s`;
      return `  ${mark} ${title.padEnd(TITLE_WIDTH)} ${seconds.padStart(6)}  ${detail}`.trimEnd();
    };
    let timer: NodeJS.Timeout | undefined;
    if (inPlace) {
      // Longer than the terminal is wide it would take two lines, and only one is written again.
      redraw = () => void output.write(CLEAR + text('.').slice(0, (output.columns || FALLBACK_COLUMNS) - 1));
      redraw();
      timer = setInterval(redraw, REDRAW_MS).unref();
    } else line(`  . ${title} ...`);
    let mark = pc.red('x');
    try {
      const result = await run((said) => {
        detail = said;
      });
      mark = pc.green('*');
      return result;
    } finally {
      clearInterval(timer);
      if (redraw !== undefined) output.write(CLEAR);
      redraw = undefined;
      line(text(mark));
    }
  };
  return { step, line };
}

import { parseArgs } from 'node:util';
import { type LoadOptions, loadOptions, WORDS } from '../drill/options.js';

export type CompatOptions = LoadOptions & {
  /** A tag, branch or commit; the newest release before this commit when left out. */
  readonly from: string | undefined;
};

/**
 * `[--from REF] [--minutes M] [--rate R] [--instances K]`.
 *
 * @throws Error with one line for each problem
 */
export function readOptions(args: readonly string[]): CompatOptions {
  const { values } = parseArgs({ args: [...args], options: { ...WORDS, from: { type: 'string' } } });
  return { from: values.from, ...loadOptions(values) };
}

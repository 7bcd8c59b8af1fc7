import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** The release that this program is of, as in package.json: all workspaces are released together. */
export const RELEASE: string = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))).version;

/** Whether a release came before another one; both are `major.minor.patch`. */
export function isBefore(release: string, other: string): boolean {
  const [mine, others] = [numbersOf(release), numbersOf(other)];
  const at = mine.findIndex((number, place) => number !== others[place]);
  return at >= 0 && (mine[at] ?? 0) < (others[at] ?? 0);
}

const Release = z.string().regex(/^\d+\.\d+\.\d+$/, 'is not major.minor.patch');
const numbersOf = (release: string): number[] => Release.parse(release).split('.').map(Number);

import { join } from 'node:path';
import type { LoadOptions } from '../drill/options.js';
import { type Rounds, rollingDrill } from '../drill/rolling-drill.js';
import type { BuiltRelease } from './build-release.js';

const THIS_RELEASE = join(import.meta.dirname, '../../..');

/** Forward, back, and forward again: the next release came, was taken back, and came for good. */
const STEPS = ['forward', 'back', 'forward'] as const;

/**
 * Instances of an older release are replaced by this one's under load, one by one, then back, and forward again; all the
 * while releases are mixed, on the tables that this one's first instance has made.
 *
 * @returns what went wrong, one line each
 */
export async function mixedReleases(
  older: BuiltRelease,
  load: LoadOptions,
  say: (line: string) => void,
): Promise<string[]> {
  const rounds: Rounds = {
    rounds: STEPS.length,
    root: older.root,
    renew: async (platform, name, round) => {
      const back = STEPS[round] === 'back';
      await platform.replace(name, back ? older.root : THIS_RELEASE);
      return back ? `taken back to ${older.name}` : 'brought forward to this release';
    },
  };
  return rollingDrill(load, say, rounds);
}

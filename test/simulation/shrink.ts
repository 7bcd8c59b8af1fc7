import { type History, type Plan, runHistory } from './history.js';
import type { Variation } from './variation.js';

const MAX_RUNS = 400;

/**
 * Makes a failing history small: leaves out errands and faults as long as the same invariant breaks. What is left is
 * named exactly, so it is replayed by its plan alone.
 */
export async function shrink(failed: History, options: { variation?: Variation } = {}): Promise<History> {
  const invariant = failed.violation?.invariant;
  if (invariant === undefined) throw new Error('there is nothing to shrink: the history was clean');
  let best = failed;
  let runs = 0;
  const fails = async (plan: Plan): Promise<boolean> => {
    if (++runs > MAX_RUNS) return false;
    const history = await runHistory(plan, options);
    if (history.violation?.invariant !== invariant) return false;
    best = history;
    return true;
  };
  for (let smaller = true; smaller && runs < MAX_RUNS; ) {
    smaller = false;
    const { plan, struck } = best;
    const all = plan.only ?? Array.from({ length: plan.orders }, (_, at) => at);
    const only = await fewer(all, (kept) => fails({ ...plan, only: kept, faults: { strikes: best.struck } }));
    const strikes = await fewer(best.struck, (kept) => fails({ ...plan, only, faults: { strikes: kept } }));
    smaller = only.length < all.length || strikes.length < struck.length;
  }
  return best;
}

/** Leaves out as much of a list as it can, in ever smaller pieces. (Zeller's delta debugging, its second half.) */
async function fewer<T>(
  list: readonly T[],
  stillFails: (kept: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let kept = list;
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < kept.length; ) {
      const rest = [...kept.slice(0, from), ...kept.slice(from + size)];
      if (await stillFails(rest)) kept = rest;
      else from += size;
    }
  }
  return kept;
}

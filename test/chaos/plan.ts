import type { Fault, Target } from './fault.js';
import { Random } from './random.js';

/** One fault that will happen. Times are milliseconds since the start. */
export interface Planned {
  readonly fault: Fault;
  readonly target: Target;
  readonly at: number;
  readonly lasts: number;
  /** For what the fault chooses by itself. */
  readonly random: Random;
}

/** No fault before this: the load has to be under way. */
const QUIET_MS = 2_000;
const GAP_MS: readonly [number, number] = [500, 5_000];
const AT_ONCE = 3;

/**
 * What will go wrong, when, and to whom: all of it follows from the seed. At most three faults overlap, no two of
 * them on the same target, and `faults` are dealt like a deck of cards: all of them before any comes up again.
 */
export function planOf(options: {
  readonly seed: number;
  readonly lengthMs: number;
  readonly faults: readonly Fault[];
  readonly instances: readonly string[];
}): Planned[] {
  const { lengthMs, faults, instances } = options;
  const random = new Random(options.seed);
  const plan: Planned[] = [];
  let deck: Fault[] = [];
  for (let at = QUIET_MS; at < lengthMs; at += random.between(...GAP_MS)) {
    const going = plan.filter((one) => one.at + one.lasts > at);
    if (going.length >= AT_ONCE) continue;
    if (deck.length === 0) deck = random.shuffled(faults);
    const busy = new Set(going.map(({ target }) => target));
    const free = (fault: Fault) => fault.targets(instances).filter((target) => !busy.has(target));
    const next = deck.findIndex((fault) => free(fault).length > 0);
    if (next === -1) continue;
    const [fault] = deck.splice(next, 1);
    if (!fault) continue;
    const target = random.pick(free(fault));
    const lasts = Math.min(random.between(...fault.lasts), Math.max(lengthMs - at, fault.lasts[0]));
    plan.push({ fault, target, at, lasts, random: random.fork() });
  }
  return plan;
}

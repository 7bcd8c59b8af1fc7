import { mix } from './world/chance.js';

/** What can go wrong, and how likely it is each time that it could. */
const LIKELY = {
  /** A process dies between two steps and starts again some seconds later. */
  crash: 0.003,
  /** The broker has a message twice. */
  duplicate: 0.05,
  /** A message is taken out of its turn. */
  reorder: 0.2,
  /** A message is on its way for seconds. */
  delay: 0.05,
  /** A channel is lost: what it held and had not acked is given out again, while its process goes on. */
  drop: 0.01,
  /** A published event reaches the queues, but its confirm does not come back. */
  confirm: 0.03,
  /** The broker takes nothing at the moment. */
  refuse: 0.03,
  /** A transaction can't be committed. */
  storage: 0.02,
  /** Something outside takes longer than the lease under which it is asked. */
  slow: 0.02,
  /** The provider gives no answer: it was not reached, is reached later, or did it and the answer was lost. */
  silence: 0.1,
  /** A receiver of webhooks does not answer 200. */
  receiver: 0.1,
  /** What Redis knew is gone. */
  flush: 0.01,
} as const;

export type Fault = keyof typeof LIKELY;
export const FAULTS = Object.keys(LIKELY) as Fault[];
/** Gives each kind a stream of chance of its own. */
const NUMBER = Object.fromEntries(FAULTS.map((fault, at) => [fault, at])) as Record<Fault, number>;

export const isFault = (name: string): name is Fault => Object.hasOwn(LIKELY, name);

/** One fault that struck: the `nth` time that a fault of its kind could have. */
export interface Strike {
  readonly fault: Fault;
  readonly nth: number;
}

/** Which faults may strike: whatever chance chooses among some kinds, or exactly these. */
export type FaultPlan = { readonly kinds: readonly Fault[] } | { readonly strikes: readonly Strike[] };

/**
 * Decides each time that a fault could strike whether it does. The answer depends on the seed, the kind and the
 * count alone, so that a history can be replayed with fewer of them.
 */
export class Faults {
  readonly struck: Strike[] = [];
  readonly #count: Record<string, number> = {};
  readonly #exactly: ReadonlySet<string> | undefined;
  /** The chance of each fault in this history's weather. */
  readonly #likely: Record<string, number> = {};
  #over = false;

  constructor(
    private readonly seed: number,
    plan: FaultPlan,
  ) {
    this.#exactly = 'strikes' in plan ? new Set(plan.strikes.map(nameOf)) : undefined;
    // Some histories have fair weather, in some it rains all the time.
    const weather = [0.3, 1, 1, 3][mix(seed, 0x77ea) % 4] ?? 1;
    for (const fault of 'strikes' in plan ? FAULTS : plan.kinds)
      this.#likely[fault] = LIKELY[fault] * weather;
  }

  /** How hard it strikes, from 0 to below 1; `undefined`: it does not. */
  strikes(fault: Fault): number | undefined {
    const likely = this.#likely[fault];
    if (this.#over || likely === undefined) return undefined;
    const nth = (this.#count[fault] ?? 0) + 1;
    this.#count[fault] = nth;
    const roll = mix(this.seed, NUMBER[fault], nth) / 2 ** 32;
    if (this.#exactly ? !this.#exactly.has(nameOf({ fault, nth })) : roll >= likely) return undefined;
    this.struck.push({ fault, nth });
    return mix(this.seed, NUMBER[fault], nth, 1) / 2 ** 32;
  }

  /** From now on all is well. */
  stop(): void {
    this.#over = true;
  }
}

/** A strike as it stands on the command line: `crash@12`. */
export const nameOf = ({ fault, nth }: Strike): string => `${fault}@${nth}`;

import type { Arrival, FastPath, Seen } from '@comanda/messaging';
import type { Faults } from '../faults.js';
import type { Life, TimeLine } from './time-line.js';

const LOCK_MS = 10_000;

/** What Redis remembers for one service, as long as nobody flushes it. */
export class Redis {
  readonly #processed = new Set<string>();
  readonly #locks = new Map<string, { readonly holder: Life; readonly until: number }>();

  constructor(
    private readonly timeLine: TimeLine,
    private readonly faults: Faults,
  ) {}

  /** How one process asks it. */
  fastPathOf(life: Life): FastPath {
    return {
      // Answered at once: the transaction that follows is an event of its own, and much may happen before it.
      ask: async (arrivals) => this.#ask(life, arrivals),
      settle: async ({ done, held }) => {
        for (const id of done) this.#processed.add(id);
        for (const id of held) if (this.#locks.get(id)?.holder === life) this.#locks.delete(id);
      },
    };
  }

  #ask(life: Life, arrivals: readonly Arrival[]): Seen {
    const seen = { processed: new Set<string>(), busy: new Set<string>() };
    const { now } = this.timeLine;
    if (this.faults.strikes('flush') !== undefined) {
      this.#processed.clear();
      this.#locks.clear();
    }
    for (const { id, redelivered } of new Map(arrivals.map((one) => [one.id, one])).values()) {
      const lock = this.#locks.get(id);
      if (this.#processed.has(id)) seen.processed.add(id);
      else if (!redelivered && lock && lock.until > now) seen.busy.add(id);
      else this.#locks.set(id, { holder: life, until: now + LOCK_MS });
    }
    return seen;
  }
}

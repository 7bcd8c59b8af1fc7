/** What a stretch of time was like for who ordered in it; in milliseconds. */
export interface Stretch {
  readonly accepted: number;
  /** The longest time in which no order was accepted. */
  readonly pauseMs: number;
  /** How long orders had waited, with all that they were refused, when they were accepted: 99 % of them, and the slowest. */
  readonly p99Ms: number;
  readonly slowestMs: number;
}

/** When orders were accepted, and after how long. */
export class Acceptance {
  readonly #noted: { readonly at: number; readonly waitedMs: number }[] = [];

  note(waitedMs: number): void {
    this.#noted.push({ at: performance.now(), waitedMs });
  }

  /** @param from from then on until now, by `performance.now()` */
  since(from: number): Stretch {
    const now = performance.now();
    const noted = this.#noted.filter(({ at }) => at >= from);
    const times = [from, ...noted.map(({ at }) => at), now];
    const waits = noted.map(({ waitedMs }) => waitedMs).toSorted((one, other) => one - other);
    return {
      accepted: noted.length,
      pauseMs: Math.max(...times.slice(1).map((at, index) => at - (times[index] ?? from))),
      p99Ms: percentile(waits, 99),
      slowestMs: waits.at(-1) ?? 0,
    };
  }
}

/** The smallest that so many percent are not above; 0 of none. */
export const percentile = (sorted: readonly number[], percent: number): number =>
  sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? 0;

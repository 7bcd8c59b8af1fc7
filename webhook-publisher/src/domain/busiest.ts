/** What stands for all that are not among the busiest. */
export const OTHER = 'other';

/**
 * Names the busiest of many, so that what is counted by name has a bounded number of names: those that were seen most often
 * in the last window, and in the first window those that came first. All others are `OTHER`.
 */
export class Busiest {
  #named = new Set<string>();
  #seen = new Map<string, number>();
  #endsAt = Number.NEGATIVE_INFINITY;

  /**
   * @param most how many have a name of their own
   * @param forgotten told of each that has one no longer
   */
  constructor(
    private readonly most: number,
    private readonly windowMs: number,
    private readonly forgotten: (name: string) => void,
  ) {}

  /** It was seen now, in milliseconds since the epoch: under which name does it count? */
  nameOf(one: string, now: number): string {
    if (now >= this.#endsAt) this.#turn(now);
    this.#seen.set(one, (this.#seen.get(one) ?? 0) + 1);
    if (this.#named.has(one)) return one;
    if (this.#named.size >= this.most) return OTHER;
    this.#named.add(one);
    return one;
  }

  #turn(now: number): void {
    const ranked = [...this.#seen].sort(([, one], [, other]) => other - one).slice(0, this.most);
    const busiest = new Set(ranked.map(([name]) => name));
    for (const name of this.#named) if (!busiest.has(name)) this.forgotten(name);
    this.#named = busiest;
    this.#seen = new Map();
    this.#endsAt = now + this.windowMs;
  }
}

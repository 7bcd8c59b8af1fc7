/**
 * Gathers the items that arrive during a run and passes all of them to the next run. When idle, a run gets one item and
 * nobody waits; under load the batches grow by themselves. No timer is involved.
 */
export class Gatherer<Item> {
  #waiting: Item[] = [];
  #running: Promise<void> | undefined;

  /** @param run reports the result of each item by itself and never rejects */
  constructor(
    private readonly run: (batch: readonly Item[]) => Promise<void>,
    private readonly options: {
      /** The most items in one run; when they are weighed, what they may weigh together. */
      readonly maxBatch?: number;
      /** One that is too heavy runs alone. */
      readonly weightOf?: (item: Item) => number;
      /** Awaited before a run that follows a time of rest: what arrives meanwhile is in that run. */
      readonly beforeFirst?: () => Promise<void>;
    } = {},
  ) {}

  add(item: Item): void {
    this.#waiting.push(item);
    this.#running ??= this.#runAll();
  }

  /** Resolves when nothing is waiting or running. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #runAll(): Promise<void> {
    await this.options.beforeFirst?.();
    while (this.#waiting.length > 0) await this.run(this.#waiting.splice(0, this.#nextCount()));
    this.#running = undefined;
  }

  #nextCount(): number {
    const { maxBatch = Number.POSITIVE_INFINITY, weightOf = () => 1 } = this.options;
    let weight = 0;
    const tooMany = this.#waiting.findIndex((item) => {
      weight += weightOf(item);
      return weight > maxBatch;
    });
    return tooMany === -1 ? this.#waiting.length : Math.max(tooMany, 1);
  }
}

const SECOND_MS = 1000;

/** When the attempts of the last second began, so that no second has more of them than it may. Times are milliseconds. */
export class LastSecond {
  #begun: readonly number[] = [];

  begin(now: number): void {
    this.#begun = [...this.#since(now), now];
  }

  /** How many more may begin now. */
  room(most: number, now: number): number {
    return Math.max(0, most - this.#since(now).length);
  }

  /** When the next one may begin. */
  nextAt(most: number, now: number): number {
    const oldest = this.#since(now).at(-most);
    return oldest === undefined ? now : oldest + SECOND_MS;
  }

  #since(now: number): readonly number[] {
    const from = this.#begun.findIndex((at) => at > now - SECOND_MS);
    return from < 0 ? [] : this.#begun.slice(from);
  }
}

interface Refusal {
  readonly detail: string;
  readonly at: number;
}

/**
 * Which types of events the broker refuses at the moment: their queue is full, or none is bound. One that is refused
 * a thousand times is news once.
 */
export class Refusals {
  readonly #standing = new Map<string, Refusal>();

  /** What is refused, or `undefined`. */
  get unhealthyReason(): string | undefined {
    for (const { detail } of this.#standing.values()) return `an event is not taken: ${detail}`;
    return undefined;
  }

  /** @returns whether this is news */
  note(type: string, detail: string, at: number): boolean {
    const news = !this.#standing.has(type);
    this.#standing.set(type, { detail, at });
    return news;
  }

  /** Whether this type was refused since then. */
  since(type: string, time: number): boolean {
    return (this.#standing.get(type)?.at ?? Number.NEGATIVE_INFINITY) >= time;
  }

  /**
   * Everything that was refused before `time` has been offered again meanwhile: what was not refused again is over.
   *
   * @returns whether something is over, and nothing is refused any longer
   */
  offeredAgain(time: number): boolean {
    const before = this.#standing.size;
    for (const [type, { at }] of this.#standing) if (at < time) this.#standing.delete(type);
    return before > 0 && this.#standing.size === 0;
  }
}

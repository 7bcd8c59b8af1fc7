/** When the first piece of work of each key is due, as far as this process knows. Times are milliseconds since the epoch. */
export class Agenda {
  readonly #dueAt = new Map<string, number>();

  /** Work of this key is due then, or something of it earlier. */
  expect(key: string, dueAt: number): void {
    const known = this.#dueAt.get(key);
    if (known === undefined || dueAt < known) this.#dueAt.set(key, dueAt);
  }

  /** After a look at the line: what is left of it is due then. The key goes to the end of the agenda. */
  replace(key: string, dueAt: number | undefined): void {
    this.#dueAt.delete(key);
    if (dueAt !== undefined) this.#dueAt.set(key, dueAt);
  }

  isDue(key: string, now: number): boolean {
    return (this.#dueAt.get(key) ?? Number.POSITIVE_INFINITY) <= now;
  }

  /** The key whose turn was longest ago comes first. */
  [Symbol.iterator](): IterableIterator<[key: string, dueAt: number]> {
    return this.#dueAt.entries();
  }
}

/**
 * Lets one write at a time through, first come, first served.
 *
 * TypeORM gives all query runners of a better-sqlite3 data source the same connection, so two transactions that
 * overlap would commit and roll back each other's rows. Every write of a data source passes its one gate.
 */
export class WriteGate {
  #last: Promise<unknown> = Promise.resolve();

  pass<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    // The next in line waits for the end of this one, however it ends; its error belongs to its own caller.
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

/**
 * Lets one write at a time through, first come, first served.
 *
 * A process writes on one connection, where two transactions that overlap would commit and roll back each other's rows.
 * Every write passes the one gate of its connection.
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

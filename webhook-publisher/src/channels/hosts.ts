/** The attempts that run at each host, by endpoint, so that many subscriptions to one host are no flood. */
export class Hosts {
  readonly #running = new Map<string, Map<string, number>>();

  /** @param places attempts that may run at the same time for one host, over all endpoints on it */
  constructor(private readonly places: number) {}

  /** Takes a place; false when none is free. */
  enter(host: string, endpoint: string): boolean {
    const running = this.#running.get(host) ?? new Map<string, number>();
    const all = [...running.values()].reduce((sum, count) => sum + count, 0);
    if (all >= this.places) return false;
    running.set(endpoint, (running.get(endpoint) ?? 0) + 1);
    this.#running.set(host, running);
    return true;
  }

  leave(host: string, endpoint: string): void {
    const running = this.#running.get(host);
    const left = (running?.get(endpoint) ?? 0) - 1;
    if (left > 0) running?.set(endpoint, left);
    else running?.delete(endpoint);
    if (running?.size === 0) this.#running.delete(host);
  }

  /** The places of one endpoint, when all that are busy on its host have equally many. */
  share(host: string): number {
    const endpoints = this.#running.get(host)?.size ?? 0;
    return Math.floor(this.places / Math.max(1, endpoints));
  }
}

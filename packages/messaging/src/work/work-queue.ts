import type { Committed } from '../runtime/unit-of-work.js';
import type { WorkKind } from './work.js';
import { Worker, type WorkerOptions } from './worker.js';

/** All kinds of due work of a service. */
export class WorkQueue {
  readonly #workers = new Map<string, Worker>();

  constructor(kinds: readonly WorkKind[], options: Omit<WorkerOptions, 'kind'>) {
    for (const kind of kinds) this.#workers.set(kind.kind, new Worker({ ...options, kind }));
  }

  /** Why due work can't be claimed at the moment, or `undefined`. */
  get unhealthyReason(): string | undefined {
    return [...this.#workers.values()]
      .map(({ unhealthyReason }) => unhealthyReason)
      .find((unhealthyReason) => unhealthyReason !== undefined);
  }

  /** The length of a lease when there is room for such a job that is due at once. */
  leaseSeconds(kind: string, key: string): number | undefined {
    return this.#worker(kind).leaseSeconds(key);
  }

  /** Takes what a commit left to be started, now or later. */
  accept({ started, scheduled }: Pick<Committed, 'started' | 'scheduled'>): void {
    for (const row of started) this.#worker(row.kind).accept([row]);
    for (const row of scheduled) this.#worker(row.kind).expect(row);
  }

  start(): void {
    for (const worker of this.#workers.values()) worker.start();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#workers.values()].map((worker) => worker.stop()));
  }

  #worker(kind: string): Worker {
    const worker = this.#workers.get(kind);
    if (!worker) throw new Error(`nobody does work of the kind ${kind}`);
    return worker;
  }
}

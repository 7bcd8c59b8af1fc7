import { Lane, type LaneOptions } from './lane.js';
import type { WorkKind, WorkRow } from './work.js';

/** All kinds of due work of a service. */
export class WorkQueue {
  readonly #lanes = new Map<string, Lane>();

  constructor(kinds: readonly WorkKind[], options: Omit<LaneOptions, 'kind'>) {
    for (const kind of kinds) this.#lanes.set(kind.kind, new Lane({ ...options, kind }));
  }

  /** Why due work can't be claimed at the moment, or `undefined`. */
  get trouble(): string | undefined {
    return [...this.#lanes.values()].map(({ trouble }) => trouble).find((trouble) => trouble !== undefined);
  }

  /** The length of a lease when there is room for such a job that is due at once. */
  leaseSeconds(kind: string, key: string): number | undefined {
    return this.#lane(kind).leaseSeconds(key);
  }

  /** Told by the batcher what a commit left behind. */
  accept(started: readonly WorkRow[], scheduled: readonly WorkRow[]): void {
    for (const row of started) this.#lane(row.kind).accept([row]);
    for (const row of scheduled) this.#lane(row.kind).expect(row.dueAt);
  }

  start(): void {
    for (const lane of this.#lanes.values()) lane.start();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#lanes.values()].map((lane) => lane.stop()));
  }

  #lane(kind: string): Lane {
    const lane = this.#lanes.get(kind);
    if (!lane) throw new Error(`nobody does work of the kind ${kind}`);
    return lane;
  }
}

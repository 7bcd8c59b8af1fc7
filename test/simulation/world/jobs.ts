import { newFence, runJob, type Task, type WorkKind } from '@comanda/messaging';
import type { WorkRow } from '@comanda/storage';
import { isOurs } from '../violation.js';
import type { Process } from './process.js';
import type { Service } from './service.js';

/** How many jobs a process takes at once before it leaves the rest to others. */
const PLACES = 16;
const MAX_CALL_MS = 2_000;

/** The due work that a process has claimed, each piece under a lease that may run out before it is done. */
export class Jobs {
  #count = 0;
  /** Kinds that there may be more of, for when there are places again. */
  readonly #waiting = new Set<string>();

  constructor(
    private readonly process: Process,
    private readonly service: Service,
    /** Takes a result that is to be decided upon. */
    private readonly onResult: (task: Task) => void,
  ) {}

  /** The length of a lease when there is room for one more. */
  leaseSeconds(kind: string): number | undefined {
    return this.#count < PLACES ? this.service.kinds.get(kind)?.leaseSeconds : undefined;
  }

  /** Looks for due work of one kind. */
  async claim(kind: WorkKind): Promise<void> {
    const { store, timeLine, entropy } = this.service.options;
    const limit = PLACES - this.#count;
    if (limit <= 0) {
      this.#waiting.add(kind.kind);
      return;
    }
    const now = new Date(timeLine.now).toISOString();
    const until = new Date(timeLine.now + kind.leaseSeconds * 1_000).toISOString();
    const fence = newFence(new Date(timeLine.now), entropy);
    const jobs = await store.transaction((transaction) =>
      transaction.claimWork({ kind: kind.kind, now, until, limit, fence, full: [] }),
    );
    this.process.note(() => `claims ${jobs.length} of ${kind.kind}`);
    for (const job of jobs) this.accept(job);
    if (jobs.length === limit) this.service.expectWork(kind.kind, now);
  }

  /** Runs a piece of work that is leased to this process. */
  accept(row: WorkRow): void {
    const kind = this.service.kinds.get(row.kind);
    if (!kind) throw new Error(`nobody does work of the kind ${row.kind}`);
    this.#count++;
    this.service.expectWork(row.kind, row.dueAt);
    this.service.options.timeLine.spawn(this.process.life, async () => {
      try {
        await this.#run(kind, row);
      } finally {
        this.#count--;
        this.#lookForWaiting();
      }
    });
  }

  #lookForWaiting(): void {
    const now = new Date(this.service.options.timeLine.now).toISOString();
    for (const kind of this.#waiting) this.service.expectWork(kind, now);
    this.#waiting.clear();
  }

  async #run(kind: WorkKind, row: WorkRow): Promise<void> {
    const { store, timeLine, chance, faults } = this.service.options;
    const lease = kind.leaseSeconds * 1_000;
    if (Date.parse(row.dueAt) - timeLine.now < lease / 2) {
      const now = new Date(timeLine.now).toISOString();
      await store.transaction((transaction) => transaction.giveBackWork([row], now));
      this.service.expectWork(kind.kind, now);
      return;
    }
    const slow = faults.strikes('slow');
    const takes = slow === undefined ? chance.below(MAX_CALL_MS) : lease * (1 + slow);
    const before = takes * chance.next();
    await timeLine.sleep(this.process.life, before);
    this.process.note(() => `runs ${row.kind} ${row.id}, attempt ${row.attempt}, fence ${row.fence}`);
    let task: Task;
    try {
      task = await runJob(kind, row);
    } catch (error) {
      if (isOurs(error)) throw error;
      this.process.note(() => `${row.kind} ${row.id} failed: ${String(error)}`);
      return;
    }
    await timeLine.sleep(this.process.life, takes - before);
    this.onResult(task);
  }
}

import type { Logger } from '@comanda/kit';
import { EVERY_TENANT, type Store, type Transaction, type WorkRow } from '@comanda/storage';
import { failpoint } from '../failpoints.js';
import { metrics } from '../metrics.js';
import type { Batcher } from '../runtime/batcher.js';
import { ENTROPY, type Entropy } from '../runtime/entropy.js';
import { newFence } from '../runtime/lease.js';
import type { Cancel, Timers } from '../runtime/ports.js';
import type { Task } from '../runtime/task.js';
import { Backlog } from './backlog.js';
import type { ClaimLock } from './claim-lock.js';
import type { Job, WorkKind } from './work.js';

/** A backstop: due work is started by its own timer, or at once when its transaction commits. */
const POLL_MS = 1_000;
/** How many jobs, as a multiple of what runs at once, may wait here under a lease. */
const BACKLOG = 4;
/** The longest pause before work that failed is tried again. */
const MAX_PAUSE_S = 300;

export interface WorkerOptions {
  readonly kind: WorkKind;
  readonly store: Pick<Store, 'transaction'>;
  readonly batcher: Pick<Batcher, 'decide'>;
  readonly lock: Pick<ClaimLock, 'around'> | undefined;
  readonly timers: Pick<Timers, 'now' | 'after'>;
  /** How often due work is looked for, besides when it is expected. */
  readonly pollMs?: number;
  readonly entropy?: Entropy;
  readonly logger: Logger;
}

/** Runs the due work of one kind: bounded in number, each under a lease, results decided in the common batches. */
export class Worker {
  readonly #backlog = new Backlog();
  readonly #running = new Set<Promise<void>>();
  #cancelTimer: Cancel = () => {};
  #wakeAt = Number.POSITIVE_INFINITY;
  #claiming: Promise<void> | undefined;
  /** There may be due work in the database for which there was no room. */
  #more = false;
  #stopped = true;
  #unhealthyReason: string | undefined;
  /** The work whose last try here threw, and when it is due again. */
  readonly #failing = new Map<string, number>();

  constructor(private readonly options: WorkerOptions) {}

  /** Why work can't be claimed at the moment, or `undefined`. */
  get unhealthyReason(): string | undefined {
    return this.#unhealthyReason;
  }

  /** The length of a lease when there is room for a job with this key that is due at once. */
  leaseSeconds(key: string): number | undefined {
    const { concurrency, leaseSeconds } = this.options.kind;
    const room = !this.#stopped && this.#backlog.size < concurrency * BACKLOG && !this.#isFull(key);
    return room ? leaseSeconds : undefined;
  }

  start(): void {
    this.#stopped = false;
    this.#claim();
  }

  /** Takes jobs that were leased to this process when they were written. */
  accept(jobs: readonly WorkRow[]): void {
    for (const job of jobs) this.#backlog.add(job);
    this.#pump();
  }

  /** Something will be due then. */
  expect(dueAt: string): void {
    this.#wake(Date.parse(dueAt));
  }

  /** Starts nothing new; what runs is finished. Jobs that only waited are left for the next worker that claims them. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer();
    await this.#claiming;
    await this.#giveBack(this.#backlog.clear());
    await Promise.all(this.#running);
  }

  /** How many jobs could start now. */
  get #room(): number {
    return this.options.kind.concurrency - this.#running.size - this.#backlog.size;
  }

  get #pollMs(): number {
    return this.options.pollMs ?? POLL_MS;
  }

  #isFull(key: string): boolean {
    const { perKey } = this.options.kind;
    return perKey !== undefined && this.#backlog.held(key) >= perKey;
  }

  #pump(): void {
    const { kind, timers } = this.options;
    const late: WorkRow[] = [];
    while (!this.#stopped && this.#running.size < kind.concurrency) {
      const row = this.#backlog.next(kind.perKey);
      if (!row) break;
      // Half of the lease is for the run itself; a job that waited longer is left for the next worker that claims it.
      if (Date.parse(row.dueAt) - timers.now().getTime() < (kind.leaseSeconds * 1000) / 2) {
        late.push(row);
        this.#backlog.ended(row);
        continue;
      }
      const run = this.#run(row)
        .then(() => void this.#failing.delete(row.id))
        .catch((error: unknown) => this.#failed(row, error))
        .finally(() => {
          this.#running.delete(run);
          this.#backlog.ended(row);
          this.#pump();
          // Not for each place that gets free: a claim is a transaction, and takes as many as there is room for.
          const half = this.#backlog.held(row.key) <= (kind.perKey ?? Number.POSITIVE_INFINITY) / 2;
          if (this.#more && half && this.#room >= kind.concurrency / 2) this.#claim();
        });
      this.#running.add(run);
    }
    if (late.length > 0) void this.#giveBack(late).then(() => this.#wake(timers.now().getTime()));
  }

  /**
   * What a run threw is a bug or the world breaking: the work is tried again when its lease ends, and from then on
   * after longer and longer pauses. It is never given up, and never keeps the service busy.
   */
  async #failed(row: WorkRow, error: unknown): Promise<void> {
    const { kind, timers, logger } = this.options;
    const pauseMs = Math.min(2 ** Math.min(row.attempt - 1, 16), MAX_PAUSE_S) * 1000;
    const leasedUntil = Date.parse(row.dueAt);
    const dueAt = Math.max(leasedUntil, timers.now().getTime() + pauseMs);
    const ids = { work: kind.kind, workId: row.id, attempt: row.attempt };
    metrics.work.inc({ kind: kind.kind, outcome: 'threw' });
    this.#failing.set(row.id, dueAt);
    logger.error(
      { ...ids, error: String(error), stack: error instanceof Error ? error.stack : undefined },
      `work failed, next try at ${new Date(dueAt).toISOString()}`,
    );
    try {
      if (dueAt > leasedUntil)
        await this.#write((transaction) => transaction.postponeWork(row, new Date(dueAt).toISOString()));
    } catch (error) {
      logger.warn(
        { ...ids, error: String(error) },
        'failed work not postponed: it is due when its lease ends',
      );
    }
    this.#wake(dueAt);
  }

  /** Counts what fails; not what another worker must have taken over meanwhile. */
  #countFailing(): void {
    const { kind, timers } = this.options;
    const overdue = timers.now().getTime() - kind.leaseSeconds * 1000;
    for (const [id, dueAt] of this.#failing) if (dueAt < overdue) this.#failing.delete(id);
    metrics.workFailing.set({ kind: kind.kind }, this.#failing.size);
  }

  /** What can't be given back now is due when its lease ends. */
  async #giveBack(rows: readonly WorkRow[]): Promise<void> {
    if (rows.length === 0) return;
    const { kind, timers, logger } = this.options;
    try {
      await this.#write((transaction) => transaction.giveBackWork(rows, timers.now().toISOString()));
    } catch (error) {
      logger.warn(
        { work: kind.kind, jobs: rows.length, error: String(error) },
        'due work could not be given back',
      );
    }
  }

  async #run(row: WorkRow): Promise<void> {
    const { kind, batcher, logger } = this.options;
    const outcome = await batcher.decide(await runJob(kind, row));
    if (outcome.kind === 'failed') throw outcome.error;
    if (outcome.kind === 'abandoned') return; // not decided: it is due again when its lease ends
    if (outcome.kind === 'done') {
      metrics.work.inc({ kind: kind.kind, outcome: 'done' });
      await outcome.published;
    } else {
      metrics.work.inc({ kind: kind.kind, outcome: 'lost-lease' });
      logger.warn(
        { work: kind.kind, workId: row.id, fence: row.fence },
        'another worker has the lease, this result does not count',
      );
    }
  }

  #claim(): void {
    if (this.#stopped || this.#claiming) return;
    this.#more = false;
    this.#claiming = this.#claimDue()
      .then(() => {
        if (this.#unhealthyReason !== undefined)
          this.options.logger.info({ work: this.options.kind.kind }, 'due work is claimed again');
        this.#unhealthyReason = undefined;
      })
      .catch((error: unknown) => {
        // Tried every second: said once.
        if (this.#unhealthyReason === undefined)
          this.options.logger.error(
            { work: this.options.kind.kind, error: String(error) },
            'due work can not be claimed',
          );
        this.#unhealthyReason = `due work can not be claimed: ${String(error)}`;
      })
      .finally(() => {
        this.#claiming = undefined;
        this.#countFailing();
        this.#wake(this.options.timers.now().getTime() + this.#pollMs);
      });
  }

  async #claimDue(): Promise<void> {
    const { kind, timers, lock, entropy = ENTROPY } = this.options;
    const limit = Math.min(this.#room, kind.perKey ?? this.#room);
    const full = this.#backlog.keys().filter((key) => this.#isFull(key));
    if (limit <= 0) {
      this.#more = true;
      return;
    }
    const claim = () => {
      const now = timers.now();
      const until = new Date(now.getTime() + kind.leaseSeconds * 1000).toISOString();
      return this.#write((transaction) =>
        transaction.claimWork({
          kind: kind.kind,
          now: now.toISOString(),
          until,
          limit,
          fence: newFence(now, entropy),
          full,
        }),
      );
    };
    const jobs = await (lock ? lock.around(kind.kind, claim) : claim());
    // As many as there was room for, or some keys left out: there may be more.
    if (jobs.length === limit || full.length > 0) this.#more = true;
    this.accept(jobs);
    const next = await this.#write((transaction) => transaction.nextWorkDueAt(kind.kind));
    // What is due and was left out waits for a place, not for a time.
    if (next !== undefined && next > timers.now().toISOString()) this.expect(next);
  }

  /** A worker works for all tenants. */
  #write<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.options.store.transaction(work, EVERY_TENANT);
  }

  #wake(at: number): void {
    const now = this.options.timers.now().getTime();
    if (this.#stopped || (at >= this.#wakeAt && this.#wakeAt > now)) return;
    this.#cancelTimer();
    this.#wakeAt = at;
    this.#cancelTimer = this.options.timers.after(Math.min(Math.max(at - now, 0), this.#pollMs), () => {
      this.#wakeAt = Number.POSITIVE_INFINITY;
      this.#claim();
    });
  }
}

/** Runs one leased piece of work; what it gave is to be decided upon. */
export async function runJob(kind: WorkKind, row: WorkRow): Promise<Task> {
  const job: Job<unknown> = { ...row, payload: kind.payload.parse(row.payload) };
  // The payload was parsed by the kind's own schema, the result comes from its own `run`: types meet in defineWork.
  const typed = job as Job<never>;
  const result = (await kind.run(typed)) as never;
  const { thenNeeds } = kind;
  const tenantid = kind.tenantOf?.(typed, result) ?? row.cause.tenantid;
  failpoint('during-external-call', kind.kind);
  return {
    name: `work: ${kind.kind}`,
    type: kind.kind,
    cause: { ...row.cause, tenantid },
    claim: { kind: 'lease', job: row },
    needs: () => kind.needs(typed, result),
    ...(thenNeeds && { thenNeeds: (rows) => thenNeeds(typed, result, rows as never) }),
    decide: (rows, context) => kind.decide(typed, result, rows as never, context),
  };
}

import type { Logger } from '@comanda/kit';
import { EVERY_TENANT, type Store, type Transaction, type WorkRow } from '@comanda/storage';
import { failpoint } from '../failpoints.js';
import { metrics } from '../metrics.js';
import type { Batcher, Outcome } from '../runtime/batcher.js';
import type { Entropy } from '../runtime/entropy.js';
import type { Timers } from '../runtime/ports.js';
import type { Task } from '../runtime/task.js';
import { Backlog } from './backlog.js';
import type { ClaimLock } from './claim-lock.js';
import { Claims } from './claims.js';
import { Places } from './pace.js';
import type { Job, WorkKind } from './work.js';

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
  readonly #claims: Claims;
  readonly #places: Places;
  #stopped = true;
  /** The work whose last try here threw, and when it is due again. */
  readonly #failing = new Map<string, number>();

  constructor(private readonly options: WorkerOptions) {
    const { pace, concurrency } = options.kind;
    this.#places = new Places(pace, concurrency);
    this.#claims = new Claims({
      ...options,
      room: (key) => this.#room(key),
      allRoom: () => this.#places.allLeased - this.#running.size - this.#backlog.size,
      pausedUntil: (key) => this.#places.pausedUntil(key),
      accept: (rows) => this.accept(rows),
      looked: () => this.#countFailing(),
    });
  }

  /** Why work can't be claimed at the moment, or `undefined`. */
  get unhealthyReason(): string | undefined {
    return this.#claims.unhealthyReason;
  }

  /** The length of a lease when there is room for a job with this key that is due at once. */
  leaseSeconds(key: string): number | undefined {
    const { concurrency, leaseSeconds } = this.options.kind;
    const places = this.#places;
    const full = this.#stopped || this.#backlog.size >= concurrency * BACKLOG;
    // Nobody is served before those who wait in the line of the same key.
    const behind =
      places.paced &&
      (this.#backlog.held(key) >= places.leased(key, this.#running.size) ||
        places.pausedUntil(key) !== undefined ||
        this.#claims.hasDue(key));
    return full || behind ? undefined : leaseSeconds;
  }

  start(): void {
    this.#stopped = false;
    this.#claims.start();
  }

  /** Takes jobs that are leased to this process. */
  accept(jobs: readonly WorkRow[]): void {
    for (const job of jobs) this.#backlog.add(job);
    this.#pump();
  }

  /** This will be due. */
  expect({ key, dueAt }: Pick<WorkRow, 'key' | 'dueAt'>): void {
    this.#claims.expect(key, Date.parse(dueAt));
  }

  /** Starts nothing new; what runs is finished. Jobs that only waited are left for the next worker that claims them. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#claims.stop();
    await this.#giveBack(this.#backlog.clear());
    await Promise.all(this.#running);
  }

  /** Not for each place that gets free: a claim is a transaction, and takes as many as there is room for. */
  #room(key: string): number {
    const most = this.#places.leased(key, this.#running.size);
    const held = this.#backlog.held(key);
    return held <= most / 2 ? most - held : 0;
  }

  #pump(): void {
    const { kind } = this.options;
    const waited: WorkRow[] = [];
    while (!this.#stopped && this.#running.size < kind.concurrency) {
      const row = this.#backlog.next(
        (key, running) => running < this.#places.running(key, this.#running.size),
      );
      if (!row) break;
      if (this.#places.pausedUntil(row.key) !== undefined) {
        this.#backlog.ended(row);
        waited.push(row, ...this.#backlog.take(row.key));
      } else if (this.#isLate(row)) {
        this.#backlog.ended(row);
        waited.push(row);
      } else this.#start([row, ...this.#others(row)]);
    }
    void this.#giveBack(waited);
  }

  /** What is done together with this one. What failed here before is done by itself, so that it makes no other fail. */
  #others(row: WorkRow): WorkRow[] {
    const { kind } = this.options;
    if (!kind.together || this.#failing.has(row.id)) return [];
    return this.#backlog.join(
      row.key,
      this.#places.together(row.key) - 1,
      (other) => !this.#failing.has(other.id) && !this.#isLate(other),
    );
  }

  /** Half of the lease is for the run itself; a job that waited longer is left for the next worker that claims it. */
  #isLate({ dueAt }: WorkRow): boolean {
    const { kind, timers } = this.options;
    return Date.parse(dueAt) - timers.now().getTime() < (kind.leaseSeconds * 1000) / 2;
  }

  #start(rows: readonly [WorkRow, ...WorkRow[]]): void {
    const [row] = rows;
    const run = this.#run(rows)
      .catch(async (error: unknown) => {
        await Promise.all(rows.map((one) => this.#failed(one, error)));
      })
      .finally(() => {
        this.#running.delete(run);
        this.#backlog.ended(row);
        this.#pump();
        this.#claims.freed(row.key);
      });
    this.#running.add(run);
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
    const ids = { ...idsOf(row), attempt: row.attempt };
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
    this.#claims.expect(row.key, dueAt);
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
      for (const key of new Set(rows.map(({ key }) => key))) this.#claims.expect(key, timers.now().getTime());
    } catch (error) {
      logger.warn(
        { work: kind.kind, jobs: rows.length, error: String(error) },
        'due work could not be given back',
      );
    }
  }

  async #run(rows: readonly [WorkRow, ...WorkRow[]]): Promise<void> {
    const { kind, batcher } = this.options;
    const outcomes = await batcher.decide(await runJobs(kind, rows));
    await Promise.all(
      rows.map((row, at) =>
        this.#ended(row, outcomes[at]).catch((error: unknown) => this.#failed(row, error)),
      ),
    );
  }

  async #ended(row: WorkRow, outcome: Outcome | undefined): Promise<void> {
    const { kind, logger } = this.options;
    if (!outcome) throw new Error('unreachable: each task has an outcome');
    if (outcome.kind === 'failed') throw outcome.error;
    this.#failing.delete(row.id);
    if (outcome.kind === 'abandoned') return; // not decided: it is due again when its lease ends
    if (outcome.kind === 'done') {
      metrics.work.inc({ kind: kind.kind, outcome: 'done' });
      logger.debug(idsOf(row), 'work done');
      await outcome.published;
    } else {
      metrics.work.inc({ kind: kind.kind, outcome: 'lost-lease' });
      logger.warn(
        { ...idsOf(row), fence: row.fence },
        'another worker has the lease, this result does not count',
      );
    }
  }

  /** A worker works for all tenants. */
  #write<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.options.store.transaction(work, EVERY_TENANT);
  }
}

/** What a line of the log about a piece of work names. */
const idsOf = ({ kind, id, cause }: WorkRow) => ({
  work: kind,
  workId: id,
  correlationId: cause.correlationid,
});

/** Runs one leased piece of work; what it gave is to be decided upon. */
export async function runJob(kind: WorkKind, row: WorkRow): Promise<Task> {
  const job = jobOf(kind, row);
  return taskOf(kind, row, job, await kind.run(job));
}

/** Runs leased pieces of work of one key; several are done as one. */
async function runJobs(kind: WorkKind, rows: readonly [WorkRow, ...WorkRow[]]): Promise<readonly Task[]> {
  if (rows.length === 1 || !kind.together) return [await runJob(kind, rows[0])];
  const [first, ...more] = rows;
  const jobs = [jobOf(kind, first), ...more.map((row) => jobOf(kind, row))] as const;
  const results = await kind.together(jobs);
  return rows.map((row, at) => taskOf(kind, row, jobOf(kind, row), results[at]));
}

/** The payload was parsed by the kind's own schema, the result comes from its own `run`: types meet in defineWork. */
function jobOf(kind: WorkKind, row: WorkRow): Job<never> {
  const job: Job<unknown> = { ...row, payload: kind.payload.parse(row.payload) };
  return job as Job<never>;
}

function taskOf(kind: WorkKind, row: WorkRow, job: Job<never>, ran: unknown): Task {
  const result = ran as never;
  const { thenNeeds } = kind;
  const tenantid = kind.tenantOf?.(job, result) ?? row.cause.tenantid;
  failpoint('during-external-call', kind.kind);
  return {
    name: `work: ${kind.kind}`,
    type: kind.kind,
    cause: { ...row.cause, tenantid },
    claim: { kind: 'lease', job: row },
    needs: () => kind.needs(job, result),
    ...(thenNeeds && { thenNeeds: (rows) => thenNeeds(job, result, rows as never) }),
    decide: (rows, context) => kind.decide(job, result, rows as never, context),
  };
}

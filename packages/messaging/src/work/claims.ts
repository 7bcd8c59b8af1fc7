import { EVERY_TENANT, type Store, type Transaction, type WorkRow } from '@comanda/storage';
import { ENTROPY } from '../runtime/entropy.js';
import { newFence } from '../runtime/lease.js';
import type { Cancel } from '../runtime/ports.js';
import { Agenda } from './agenda.js';
import type { WorkerOptions } from './worker.js';

/** A backstop: due work is started by its own timer, or at once when its transaction commits. */
const POLL_MS = 1_000;
/** So many lines are looked at in one poll; of more keys the next poll looks at the next ones. */
const LINES = 1_000;
/** So many lines are claimed from in one transaction. */
const TURNS = 50;

/** What one line is asked for. */
interface Turn {
  readonly key: string;
  readonly limit: number;
}

/** What it gave, and when what is left of it is due. */
interface Taken {
  readonly key: string;
  readonly rows: readonly WorkRow[];
  readonly next: number | undefined;
}

export interface ClaimsOptions
  extends Pick<WorkerOptions, 'kind' | 'lock' | 'timers' | 'pollMs' | 'entropy'> {
  readonly store: Pick<Store, 'transaction'>;
  readonly logger: WorkerOptions['logger'];
  /** How many jobs of this key are wanted now; none when it is not worth a claim. */
  readonly room: (key: string) => number;
  /** How many jobs are wanted in all. */
  readonly allRoom: () => number;
  /** Before this time nothing of this key is wanted, in milliseconds since the epoch. */
  readonly pausedUntil: (key: string) => number | undefined;
  readonly accept: (rows: readonly WorkRow[]) => void;
  /** Called after each look for work. */
  readonly looked: () => void;
}

/** Fetches the due work of one kind from the database, line by line, as there is room for it. */
export class Claims {
  readonly #agenda = new Agenda();
  #cancelTimer: Cancel = () => {};
  #wakeAt = Number.POSITIVE_INFINITY;
  #claiming: Promise<void> | undefined;
  #stopped = true;
  #unhealthyReason: string | undefined;
  /** When the lines are looked at again, and from which key on. */
  #lookAt = 0;
  #from = '';
  /** Lines were left out because there was no room in all. */
  #more = false;

  constructor(private readonly options: ClaimsOptions) {}

  /** Why work can't be claimed at the moment, or `undefined`. */
  get unhealthyReason(): string | undefined {
    return this.#unhealthyReason;
  }

  start(): void {
    this.#stopped = false;
    this.#claim();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer();
    await this.#claiming;
  }

  /** Whether work of this key waits in the database that could be done now. */
  hasDue(key: string): boolean {
    return this.#agenda.isDue(key, this.#now);
  }

  /** Something of this key will be due then, in milliseconds since the epoch. */
  expect(key: string, dueAt: number): void {
    this.#agenda.expect(key, dueAt);
    this.#wake(Math.max(dueAt, this.options.pausedUntil(key) ?? 0));
  }

  /** A job of this key has ended: there may be room for the next ones. */
  freed(key: string): void {
    if (this.#more ? this.options.allRoom() > 0 : this.hasDue(key) && this.options.room(key) > 0)
      this.#claim();
  }

  get #now(): number {
    return this.options.timers.now().getTime();
  }

  get #pollMs(): number {
    return this.options.pollMs ?? POLL_MS;
  }

  #claim(): void {
    if (this.#stopped || this.#claiming) return;
    this.#claiming = this.#claimDue()
      .then(() => this.#works())
      .catch((error: unknown) => this.#fails(error))
      .finally(() => {
        this.#claiming = undefined;
        this.options.looked();
        this.#wake(this.#nextWake());
      });
  }

  async #claimDue(): Promise<void> {
    const { kind, lock } = this.options;
    if (this.#lookAt <= this.#now) await this.#look();
    const turns = this.#turns();
    if (turns.length === 0) return;
    const claim = () => this.#write((transaction) => this.#take(transaction, turns));
    const taken = await (lock ? lock.around(kind.kind, claim) : claim());
    // Another instance has just claimed.
    if (taken.length === 0) for (const { key } of turns) this.#agenda.replace(key, this.#now + this.#pollMs);
    for (const { key, next } of taken) this.#agenda.replace(key, next);
    this.options.accept(taken.flatMap(({ rows }) => rows));
  }

  /** Finds lines that other processes, or former ones, have left. */
  async #look(): Promise<void> {
    const page = { kind: this.options.kind.kind, from: this.#from, limit: LINES };
    const lines = await this.#write((transaction) => transaction.workLines(page));
    for (const { key, dueAt } of lines) this.#agenda.expect(key, Date.parse(dueAt));
    this.#from = lines.length < LINES ? '' : (lines.at(-1)?.key ?? '');
    this.#lookAt = this.#now + this.#pollMs;
  }

  /** The lines take turns, and get what there is room for. */
  #turns(): Turn[] {
    const now = this.#now;
    const turns: Turn[] = [];
    let left = this.options.allRoom();
    this.#more = false;
    for (const [key, dueAt] of this.#agenda) {
      if (dueAt > now || this.options.pausedUntil(key) !== undefined) continue;
      const wanted = this.options.room(key);
      if (wanted <= 0) continue;
      const limit = Math.min(wanted, left);
      if (limit <= 0) this.#more = true;
      if (limit <= 0 || turns.length === TURNS) break;
      turns.push({ key, limit });
      left -= limit;
    }
    return turns;
  }

  async #take(transaction: Transaction, turns: readonly Turn[]): Promise<Taken[]> {
    const { kind, timers, entropy = ENTROPY } = this.options;
    const now = timers.now();
    const claim = {
      kind: kind.kind,
      now: now.toISOString(),
      until: new Date(now.getTime() + kind.leaseSeconds * 1000).toISOString(),
      fence: newFence(now, entropy),
    };
    const taken: Taken[] = [];
    for (const { key, limit } of turns) {
      const rows = await transaction.claimWork({ ...claim, key, limit });
      // As many as there was room for: there may be more, and nobody has to look.
      const next = rows.length === limit ? claim.now : await transaction.nextWorkDueAt(kind.kind, key);
      taken.push({ key, rows, next: next === undefined ? undefined : this.#later(next, rows) });
    }
    return taken;
  }

  /** What is due and was not taken is just being claimed by somebody else. */
  #later(next: string, { length }: readonly WorkRow[]): number {
    const dueAt = Date.parse(next);
    return length > 0 ? dueAt : Math.max(dueAt, this.#now + this.#pollMs);
  }

  #works(): void {
    if (this.#unhealthyReason !== undefined)
      this.options.logger.info({ work: this.options.kind.kind }, 'due work is claimed again');
    this.#unhealthyReason = undefined;
  }

  /** Tried again at the next poll; said once. */
  #fails(error: unknown): void {
    const work = this.options.kind.kind;
    if (this.#unhealthyReason === undefined)
      this.options.logger.error({ work, error: String(error) }, 'due work can not be claimed');
    this.#unhealthyReason = `due work can not be claimed: ${String(error)}`;
    this.#lookAt = this.#now + this.#pollMs;
  }

  /** The next time that something can be claimed; for what has no room now, the end of a job comes first. */
  #nextWake(): number {
    const now = this.#now;
    let at = Math.max(this.#lookAt, now);
    if (this.#unhealthyReason !== undefined) return at;
    for (const [key, dueAt] of this.#agenda) {
      if (dueAt <= now && (this.#more || this.options.room(key) <= 0)) continue;
      at = Math.min(at, Math.max(dueAt, this.options.pausedUntil(key) ?? 0, now));
    }
    return at;
  }

  #wake(at: number): void {
    const now = this.#now;
    if (this.#stopped || (at >= this.#wakeAt && this.#wakeAt > now)) return;
    this.#cancelTimer();
    this.#wakeAt = at;
    this.#cancelTimer = this.options.timers.after(Math.min(Math.max(at - now, 0), this.#pollMs), () => {
      this.#wakeAt = Number.POSITIVE_INFINITY;
      this.#claim();
    });
  }

  /** A worker works for all tenants. */
  #write<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.options.store.transaction(work, EVERY_TENANT);
  }
}

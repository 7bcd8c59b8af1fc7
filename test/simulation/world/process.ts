import {
  type Committed,
  NotYet,
  type OutboxRow,
  outboxTable,
  ran,
  type Task,
  taskOf,
  UnitOfWork,
  type WorkKind,
  type WorkRow,
  workTable,
} from '@comanda/messaging';
import type { Copy } from './queue.js';
import type { Service } from './service.js';
import { Outage } from './store.js';
import type { Life } from './time-line.js';

const LARGEST_BATCH = 20;
/** How many jobs a process takes at once before it leaves the rest to others. */
const PLACES = 16;
const LINGER_MS = 100;
const OUTAGE_PAUSE_MS = 500;
const LONGEST_CALL_MS = 2_000;

/** A message that is to be decided upon, or what is wrong with it. */
interface Received {
  readonly copy: Copy;
  readonly task: Task | Error;
}

/**
 * One process of a service, as the runtime makes it: messages and results of work are decided in batches by the
 * real unit of work; what was committed is published, then acked; due work runs under leases. It may die at every seam.
 */
export class Process {
  readonly life: Life & { readonly process: Process };
  /** What the broker knows it by; another one after the channel was lost. */
  #channel: Life = { over: false };
  readonly #unit: UnitOfWork;
  readonly #results: Task[] = [];
  readonly #inHand = new Set<string>();
  #published: string[] = [];
  #lingering = false;
  #jobs = 0;
  #idle: (() => void) | undefined;

  constructor(
    readonly name: string,
    private readonly service: Service,
  ) {
    this.life = { over: false, process: this };
    const { store, timeLine, newId, chance } = service.options;
    this.#unit = new UnitOfWork({
      service: service.name,
      database: store,
      clock: () => new Date(timeLine.now),
      leaseSeconds: (kind) => (this.#jobs < PLACES ? service.kinds.get(kind)?.leaseSeconds : undefined),
      newId,
      newFence: (now) => now.getTime() * 1_000 + chance.below(1_000),
    });
  }

  get dies(): boolean {
    return this.service.options.faults.strikes('crash') !== undefined;
  }

  start(): void {
    this.#spawn(() => this.#decideAll());
  }

  wake(): void {
    this.#idle?.();
    this.#idle = undefined;
  }

  crash(): void {
    this.service.crash(this);
  }

  /** Its channel is gone. */
  leave(): void {
    const { queue } = this.service;
    queue.giveBack(this.#channel);
  }

  /** Looks for due work of one kind. */
  claim(kind: WorkKind): void {
    this.#spawn(async () => {
      const { store, timeLine, chance } = this.service.options;
      const limit = PLACES - this.#jobs;
      if (limit <= 0) return this.service.expectWork(kind.kind, new Date(timeLine.now + 100).toISOString());
      const [now, until] = [timeLine.now, timeLine.now + kind.leaseSeconds * 1_000].map((ms) =>
        new Date(ms).toISOString(),
      );
      const fence = timeLine.now * 1_000 + chance.below(1_000);
      if (now === undefined || until === undefined) return;
      const jobs = await store.transaction((sql) =>
        workTable.claim(sql, { kind: kind.kind, now, until, limit, fence, full: [] }),
      );
      this.#note(() => `claims ${jobs.length} of ${kind.kind}`);
      for (const job of jobs) this.#accept(job);
      if (jobs.length === limit) this.service.expectWork(kind.kind, now);
    });
  }

  /** Publishes what was left in the outbox and is in nobody's hands. */
  sweep(youngest: number): void {
    this.#spawn(async () => {
      const { store, timeLine } = this.service.options;
      const before = new Date(timeLine.now - youngest).toISOString();
      const page = await outboxTable.list(store.committed, { after: '', before, limit: 500 });
      const orphans = page.filter(({ messageId }) => !this.#inHand.has(messageId));
      if (orphans.length > 0) this.#note(() => `sweeps ${orphans.length} events`);
      for (const { messageId } of orphans) this.#inHand.add(messageId);
      await this.#publish(orphans);
    });
  }

  /** Takes what there is, decides it in one transaction, and does so again. */
  async #decideAll(): Promise<void> {
    const { options, queue } = this.service;
    for (;;) {
      if (queue.ready.length === 0 && this.#results.length === 0) {
        await options.timeLine.wait(this.life, (wake) => {
          this.#idle = wake;
        });
      }
      const size = options.chance.between(1, LARGEST_BATCH);
      const copies = queue.take(this.#channel, size, (waiting) => {
        const strike = options.faults.strikes('reorder');
        return strike === undefined ? 0 : Math.floor(strike * waiting);
      });
      const results = this.#results.splice(0, size);
      if (copies.length + results.length === 0) continue;
      const channel = this.#channel;
      if (!options.runtime.acksAfterCommit) for (const copy of copies) queue.ack(channel, copy);
      await this.#seam();
      if (options.faults.strikes('flush') !== undefined) this.service.processed.clear();
      const fresh = copies.filter(({ id }) => !this.service.processed.has(id));
      for (const copy of copies) if (this.service.processed.has(copy.id)) queue.ack(channel, copy);
      const received = fresh.map((copy): Received => ({ copy, task: this.#taskOf(copy) }));
      await this.#decide(received, results, channel);
    }
  }

  async #decide(received: readonly Received[], results: readonly Task[], channel: Life): Promise<void> {
    const good = received.flatMap(({ copy, task }) => (task instanceof Error ? [] : [{ copy, task }]));
    const committed = await this.#commit([...good.map(({ task }) => task), ...results]);
    if (committed instanceof Error) {
      // Something in it breaks it for all: each on its own, so that neighbours don't suffer.
      if (good.length + results.length > 1) {
        for (const one of received) await this.#decide([one], [], channel);
        for (const one of results) await this.#decide([], [one], channel);
      } else {
        this.#settle(
          [],
          received.map((one) => ({ ...one, task: committed })),
          channel,
        );
      }
      return;
    }
    for (const row of committed.started) this.#accept(row);
    for (const { kind, dueAt } of committed.scheduled) this.service.expectWork(kind, dueAt);
    for (const { messageId } of committed.outbox) this.#inHand.add(messageId);
    if (committed.outbox.length > 0) this.service.expectSweep();
    const failed = new Map(
      good.flatMap(({ copy }, at) => {
        const decision = committed.decisions[at];
        return decision?.kind === 'failed' ? [[copy.id, asError(decision.error)] as const] : [];
      }),
    );
    const outcome = received.map(({ copy, task }) => {
      const error = task instanceof Error ? task : failed.get(copy.id);
      return error ? { copy, task: error } : { copy, task };
    });
    this.#settle(committed.outbox, outcome, channel);
  }

  /** One transaction; a database that can't commit is tried again until it can. */
  async #commit(tasks: readonly Task[]): Promise<Committed | Error> {
    const { store, faults, timeLine, witness } = this.service.options;
    for (;;) {
      const published = this.#published;
      this.#published = [];
      store.failing = faults.strikes('storage') !== undefined;
      try {
        const committed = await this.#unit.run(tasks, published);
        for (const id of published) this.#inHand.delete(id);
        witness.committed({
          service: this.service.name,
          tasks,
          committed,
          told: committed.outbox.map((row) => this.service.envelopeOf(row)),
          changes: store.changes,
        });
        return committed;
      } catch (error) {
        this.#published.push(...published);
        if (!(error instanceof Outage)) {
          if (isOurs(error)) throw error;
          return asError(error);
        }
        this.#note(() => 'can not commit');
      } finally {
        store.failing = false;
      }
      await timeLine.sleep(this.life, OUTAGE_PAUSE_MS);
    }
  }

  /** Publishes what was committed, then acks what it came from. */
  #settle(outbox: readonly OutboxRow[], outcome: readonly Received[], channel: Life): void {
    this.#spawn(async () => {
      const { faults, runtime, chance } = this.service.options;
      await this.#publish(outbox);
      if (faults.strikes('drop') !== undefined && channel === this.#channel) {
        this.#note(() => 'loses its channel');
        this.leave();
        this.#channel = { over: false };
      }
      for (const { copy, task } of outcome) {
        if (task instanceof Error) this.#putOff(copy, task);
        else if (chance.likely(0.9)) this.service.processed.add(copy.id);
        if (runtime.acksAfterCommit) this.service.queue.ack(channel, copy);
        if (copy !== outcome.at(-1)?.copy) await this.#seam();
      }
    });
  }

  /** Up the ladder when it may succeed later, else to the dead letters. */
  #putOff(copy: Copy, error: Error): void {
    const { broker, runtime } = this.service.options;
    const seconds = error instanceof NotYet ? this.service.retrySeconds[copy.tries] : undefined;
    this.#note(() => `can not handle ${copy.envelope.type} ${copy.id}: ${error.message}`);
    if (seconds === undefined) this.service.queue.bury(copy, error.message);
    else if (runtime.retries) broker.putOff(this.service.name, copy, seconds * 1_000);
  }

  async #publish(rows: readonly OutboxRow[]): Promise<void> {
    const { broker, faults, witness, timeLine } = this.service.options;
    for (const row of rows) {
      if (faults.strikes('refuse') !== undefined) {
        this.#inHand.delete(row.messageId);
        continue;
      }
      witness.published(row, this.service.name);
      broker.publish(this.service.envelopeOf(row));
      await this.#seam();
      if (faults.strikes('confirm') === undefined) this.#published.push(row.messageId);
      else this.#inHand.delete(row.messageId);
    }
    if (this.#published.length === 0 || this.#lingering) return;
    this.#lingering = true;
    timeLine.at(timeLine.now + LINGER_MS, () => this.#spawn(() => this.#clean()));
  }

  /** Takes out of the outbox what is with the broker. */
  async #clean(): Promise<void> {
    this.#lingering = false;
    const { store } = this.service.options;
    const ids = this.#published;
    if (ids.length === 0) return;
    this.#published = [];
    await store.transaction((sql) => outboxTable.remove(sql, ids));
    for (const id of ids) this.#inHand.delete(id);
  }

  /** Runs a piece of work that is leased to this process. */
  #accept(row: WorkRow): void {
    const kind = this.service.kinds.get(row.kind);
    if (!kind) throw new Error(`nobody does work of the kind ${row.kind}`);
    this.#jobs++;
    this.service.expectWork(row.kind, row.dueAt);
    this.#spawn(async () => {
      try {
        await this.#run(kind, row);
      } finally {
        this.#jobs--;
      }
    });
  }

  async #run(kind: WorkKind, row: WorkRow): Promise<void> {
    const { store, timeLine, chance, faults } = this.service.options;
    const lease = kind.leaseSeconds * 1_000;
    if (Date.parse(row.dueAt) - timeLine.now < lease / 2) {
      const now = new Date(timeLine.now).toISOString();
      await store.transaction((sql) => workTable.giveBack(sql, [row], now));
      return this.service.expectWork(kind.kind, now);
    }
    const slow = faults.strikes('slow');
    const takes = slow === undefined ? chance.below(LONGEST_CALL_MS) : lease * (1 + slow);
    const before = takes * chance.next();
    await timeLine.sleep(this.life, before);
    this.#note(() => `runs ${row.kind} ${row.id}, attempt ${row.attempt}, fence ${row.fence}`);
    let task: Task;
    try {
      task = await ran(kind, row);
    } catch (error) {
      if (isOurs(error)) throw error;
      return this.#note(() => `${row.kind} ${row.id} failed: ${String(error)}`);
    }
    await timeLine.sleep(this.life, takes - before);
    this.#results.push(task);
    this.wake();
  }

  #taskOf(copy: Copy): Task | Error {
    const handler = this.service.handlers.get(copy.envelope.type);
    if (!handler) return new Error(`${this.service.name} has no handler for ${copy.envelope.type}`);
    try {
      return taskOf(handler, this.service.messageOf(copy, handler), copy.redelivered);
    } catch (error) {
      return asError(error);
    }
  }

  #seam(): Promise<void> {
    return this.service.options.timeLine.seam(this.life);
  }

  #spawn(activity: () => Promise<void>): void {
    this.service.options.timeLine.spawn(this.life, activity);
  }

  #note(line: () => string): void {
    this.service.options.witness.note(() => `${this.name} ${line()}`);
  }
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

/** A violation, or a fault of the simulation itself: it ends the history instead of becoming a dead letter. */
const isOurs = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'Violation' || error.message.startsWith('the simulation'));

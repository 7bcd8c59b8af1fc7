import { type Committed, NotYet, RETRY_SECONDS, type Task, taskOf, UnitOfWork } from '@comanda/messaging';
import type { OutboxRow } from '@comanda/storage';
import { isOurs } from '../violation.js';
import { Jobs } from './jobs.js';
import { Outbox } from './outbox.js';
import type { Copy } from './queue.js';
import type { Service } from './service.js';
import { Outage } from './store.js';
import type { Life } from './time-line.js';

const MAX_BATCH = 20;
const OUTAGE_PAUSE_MS = 500;

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
  readonly jobs: Jobs;
  readonly outbox: Outbox;
  readonly #unit: UnitOfWork;
  readonly #results: Task[] = [];
  #wake: (() => void) | undefined;

  constructor(
    readonly name: string,
    readonly service: Service,
  ) {
    this.life = { over: false, process: this };
    const { store, timeLine, entropy } = service.options;
    this.outbox = new Outbox(this, service.options);
    this.jobs = new Jobs(this, service, (result) => {
      this.#results.push(result);
      this.wake();
    });
    this.#unit = new UnitOfWork({
      service: service.name,
      database: store,
      timers: { now: () => new Date(timeLine.now) },
      leaseSeconds: (kind) => this.jobs.leaseSeconds(kind),
      entropy,
    });
  }

  get dies(): boolean {
    return this.service.options.faults.strikes('crash') !== undefined;
  }

  start(): void {
    this.spawn(() => this.#decideAll());
  }

  get idle(): boolean {
    return this.#wake !== undefined;
  }

  wake(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  crash(): void {
    this.service.crash(this);
  }

  /** Its channel is gone. */
  leave(): void {
    const { queue } = this.service;
    queue.giveBack(this.#channel);
  }

  /** Takes what there is, decides it in one transaction, and does so again. */
  async #decideAll(): Promise<void> {
    const { options, queue } = this.service;
    for (;;) {
      if (queue.ready.length === 0 && this.#results.length === 0) {
        await options.timeLine.wait(this.life, (wake) => {
          this.#wake = wake;
        });
      }
      const size = options.chance.between(1, MAX_BATCH);
      const copies = queue.take(this.#channel, size, (waiting) => {
        const strike = options.faults.strikes('reorder');
        return strike === undefined ? 0 : Math.floor(strike * waiting);
      });
      const results = this.#results.splice(0, size);
      if (copies.length + results.length === 0) continue;
      const channel = this.#channel;
      if (!options.runtime.acksAfterCommit) for (const copy of copies) queue.ack(channel, copy);
      // What comes in while the disk is busy is in the next batch.
      await options.timeLine.sleep(this.life, options.chance.below(options.commitMs));
      if (options.faults.strikes('flush') !== undefined) this.service.processed.clear();
      const fresh = copies.filter(({ id }) => !this.service.processed.has(id));
      for (const copy of copies) if (this.service.processed.has(copy.id)) queue.ack(channel, copy);
      const received = fresh.map((copy): Received => ({ copy, task: this.#taskOf(copy) }));
      await this.#decide(received, results, channel);
    }
  }

  async #decide(received: readonly Received[], results: readonly Task[], channel: Life): Promise<void> {
    const good = received.flatMap(({ copy, task }) => (task instanceof Error ? [] : [{ copy, task }]));
    if (good.length + results.length === 0) return this.#settle([], received, channel);
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
    for (const row of committed.started) this.jobs.accept(row);
    for (const { kind, dueAt } of committed.scheduled) this.service.expectWork(kind, dueAt);
    this.outbox.hold(committed.outbox);
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
      const published = this.outbox.takePublished();
      store.failing = faults.strikes('storage') !== undefined;
      try {
        const committed = await this.#unit.run(tasks, published);
        this.outbox.forget(published);
        witness.committed({
          service: this.service.name,
          tasks,
          committed,
          told: committed.outbox.map((row) => this.service.envelopeOf(row)),
          changes: store.changes,
        });
        return committed;
      } catch (error) {
        this.outbox.giveBack(published);
        if (!(error instanceof Outage)) {
          if (isOurs(error)) throw error;
          return asError(error);
        }
        this.note(() => 'can not commit');
      } finally {
        store.failing = false;
      }
      await timeLine.sleep(this.life, OUTAGE_PAUSE_MS);
    }
  }

  /** Publishes what was committed, then acks what it came from. */
  #settle(outbox: readonly OutboxRow[], outcome: readonly Received[], channel: Life): void {
    this.spawn(async () => {
      const { faults, runtime, chance, timeLine } = this.service.options;
      await this.outbox.publish(outbox);
      if (faults.strikes('drop') !== undefined && channel === this.#channel) {
        this.note(() => 'loses its channel');
        this.leave();
        this.#channel = { over: false };
      }
      for (const { copy, task } of outcome) {
        if (task instanceof Error) this.#putOff(copy, task);
        else if (chance.likely(0.9)) this.service.processed.add(copy.id);
        if (runtime.acksAfterCommit) this.service.queue.ack(channel, copy);
        if (copy !== outcome.at(-1)?.copy) await timeLine.seam(this.life);
      }
    });
  }

  /** Up the ladder when it may succeed later, else to the dead letters. */
  #putOff(copy: Copy, error: Error): void {
    const { broker, runtime } = this.service.options;
    const seconds = error instanceof NotYet ? RETRY_SECONDS[copy.tries] : undefined;
    this.note(() => `can not handle ${copy.envelope.type} ${copy.id}: ${error.message}`);
    if (seconds === undefined) this.service.queue.bury(copy, error.message);
    else if (runtime.retries) broker.putOff(this.service.name, copy, seconds * 1_000);
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

  /** Does something as long as the process lives. */
  spawn(activity: () => Promise<void>): void {
    this.service.options.timeLine.spawn(this.life, activity);
  }

  note(line: () => string): void {
    this.service.options.witness.note(() => `${this.name} ${line()}`);
  }
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

import { setTimeout as pause } from 'node:timers/promises';
import type { Reply } from '@comanda/contracts';
import type { Logger } from '@comanda/kit';
import { isOutage } from '@comanda/storage';
import { metrics } from '../metrics.js';
import type { WorkRow } from '../work/work.js';
import type { FastPath } from './fast-path.js';
import type { Outbox } from './outbox.js';
import type { Decision, Task } from './task.js';
import type { Committed, UnitOfWork } from './unit-of-work.js';

const MAX_BATCH = 200;
const OUTAGE_PAUSE_MS = 500;

export type Outcome =
  /** Committed; `published` resolves when its events are with the broker, or safe in the outbox for later. */
  | { readonly kind: 'done'; readonly reply?: Reply; readonly published: Promise<void> }
  | { readonly kind: 'duplicate' }
  /** Another process has the message in hand at this moment. */
  | { readonly kind: 'busy' }
  | { readonly kind: 'failed'; readonly error: unknown }
  /** The service stops and its database is out: nothing was decided, and somebody else will. */
  | { readonly kind: 'left' };

interface Waiting {
  readonly task: Task;
  resolve(outcome: Outcome): void;
}

export interface BatcherOptions {
  readonly unitOfWork: UnitOfWork;
  readonly outbox: Outbox;
  readonly fastPath: FastPath | undefined;
  readonly logger: Logger;
}

/**
 * Gathers tasks while a transaction runs and decides them all in the next one. Idle, a batch is one task and waits
 * for nothing; under load batches grow by themselves. No timer is involved.
 */
export class Batcher {
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  #outage: string | undefined;
  #stopping = false;
  /** Told of work that a commit left to be started now, and of work for later. */
  onWork: (started: readonly WorkRow[], scheduled: readonly WorkRow[]) => void = () => {};

  constructor(private readonly options: BatcherOptions) {}

  /** What keeps the database from working, or `undefined`. */
  get unhealthyReason(): string | undefined {
    return this.#outage;
  }

  decide(task: Task): Promise<Outcome> {
    return new Promise((resolve) => {
      this.#waiting.push({ task, resolve });
      this.#running ??= this.#run();
    });
  }

  /** From now on a database that is out is not waited for: what it does not take is left. */
  stop(): void {
    this.#stopping = true;
  }

  /** Resolves when nothing is waiting or running. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #run(): Promise<void> {
    // Everything that arrives in the same turn of the event loop belongs in the first batch.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) await this.#batch(this.#waiting.splice(0, MAX_BATCH));
    this.#running = undefined;
  }

  async #batch(batch: readonly Waiting[]): Promise<void> {
    const messages = batch.flatMap(({ task: { claim, cause } }) =>
      claim.kind === 'inbox' ? [{ id: cause.id, redelivered: claim.redelivered }] : [],
    );
    const seen = messages.length > 0 ? await this.options.fastPath?.ask(messages) : undefined;
    const rest = batch.filter(({ task, resolve }) => {
      if (task.claim.kind !== 'inbox') return true;
      if (seen?.processed.has(task.cause.id)) resolve({ kind: 'duplicate' });
      else if (seen?.busy.has(task.cause.id)) resolve({ kind: 'busy' });
      else return true;
      return false;
    });
    const done: string[] = [];
    if (rest.length > 0) await this.#commit(rest, done);
    if (!this.options.fastPath || messages.length === 0) return;
    const held = messages.map(({ id }) => id).filter((id) => !seen?.busy.has(id));
    void this.options.fastPath.settle(done, held);
  }

  /** One transaction; when something in it breaks it for all, each task on its own, so that neighbours don't suffer. */
  async #commit(batch: readonly Waiting[], done: string[]): Promise<void> {
    const stopTimer = metrics.batchSeconds.startTimer();
    const committed = await this.#attempt(batch);
    stopTimer();
    metrics.batchSize.observe(batch.length);
    if (committed === 'left') {
      for (const { resolve } of batch) resolve({ kind: 'left' });
      return;
    }
    if (committed instanceof Error) {
      const [only, ...others] = batch;
      if (only && others.length === 0) return only.resolve({ kind: 'failed', error: committed });
      for (const one of batch) await this.#commit([one], done);
      return;
    }
    const published = this.options.outbox.publish(committed.outbox);
    this.onWork(committed.started, committed.scheduled);
    // A second copy of a message that failed is not ours to do, and yet the message is not done.
    const failed = new Set(
      batch.flatMap(({ task }, at) => (committed.decisions[at]?.kind === 'failed' ? [task.cause.id] : [])),
    );
    batch.forEach(({ task, resolve }, at) => {
      if (task.claim.kind === 'inbox' && !failed.has(task.cause.id)) done.push(task.cause.id);
      resolve(outcomeOf(committed.decisions[at], published));
    });
  }

  /** Waits out a database that is full, locked or away; what else goes wrong is the batch's own fault. */
  async #attempt(batch: readonly Waiting[]): Promise<Committed | Error | 'left'> {
    for (;;) {
      const published = this.options.outbox.takePublished();
      try {
        const committed = await this.options.unitOfWork.run(
          batch.map(({ task }) => task),
          published,
        );
        this.options.outbox.forget(published);
        if (this.#outage !== undefined) this.options.logger.info({}, 'the database works again');
        this.#outage = undefined;
        return committed;
      } catch (error) {
        this.options.outbox.giveBack(published);
        if (!isOutage(error)) return error instanceof Error ? error : new Error(String(error));
        if (this.#outage === undefined)
          this.options.logger.error(
            { error: String(error) },
            'the database does not work; nothing is acked until it does',
          );
        this.#outage = String(error);
        if (this.#stopping) return 'left';
        await pause(OUTAGE_PAUSE_MS);
      }
    }
  }
}

function outcomeOf(decision: Decision | undefined, published: Promise<void>): Outcome {
  switch (decision?.kind) {
    case 'done':
      return { ...decision, published };
    case 'failed':
      return decision;
    default:
      return { kind: 'duplicate' };
  }
}

import type { Reply } from '@comanda/contracts';
import { errorOf, Gatherer, type Logger } from '@comanda/kit';
import { isOutage } from '@comanda/storage';
import { metrics } from '../metrics.js';
import type { Outbox } from './outbox.js';
import type { FastPath, Timers } from './ports.js';
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
  /** Shutting down while the database is unavailable. The task was not decided; the broker redelivers it. */
  | { readonly kind: 'abandoned' };

interface Waiting {
  readonly task: Task;
  resolve(outcome: Outcome): void;
}

export interface BatcherOptions {
  readonly unitOfWork: Pick<UnitOfWork, 'run'>;
  readonly outbox: Pick<Outbox, 'publish' | 'takePublished' | 'forget' | 'giveBack'>;
  readonly fastPath: FastPath | undefined;
  /** Called after each commit, with the work that it left to be started. */
  readonly onCommit: (committed: Pick<Committed, 'started' | 'scheduled'>) => void;
  readonly timers: Pick<Timers, 'nextTurn' | 'sleep'>;
  readonly logger: Logger;
}

/**
 * Gathers tasks while a transaction runs and decides them all in the next one. When idle, a batch is one task and waits
 * for nothing; under load batches grow by themselves. No timer is involved.
 */
export class Batcher {
  readonly #gatherer: Gatherer<Waiting>;
  #outage: string | undefined;
  #stopping = false;

  constructor(private readonly options: BatcherOptions) {
    this.#gatherer = new Gatherer((batch) => this.#batch(batch), {
      maxBatch: MAX_BATCH,
      // Everything that arrives in the same turn of the event loop belongs in the first batch.
      beforeFirst: () => options.timers.nextTurn(),
    });
  }

  /** What keeps the database from working, or `undefined`. */
  get unhealthyReason(): string | undefined {
    return this.#outage;
  }

  decide(task: Task): Promise<Outcome> {
    return new Promise((resolve) => this.#gatherer.add({ task, resolve }));
  }

  /** From now on nobody waits for a database that is unavailable: what it does not take is abandoned. */
  stop(): void {
    this.#stopping = true;
  }

  /** Resolves when nothing is waiting or running. */
  idle(): Promise<void> {
    return this.#gatherer.idle();
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
    if (committed === 'abandoned') {
      for (const { resolve } of batch) resolve({ kind: 'abandoned' });
      return;
    }
    if (committed instanceof Error) {
      const [only, ...others] = batch;
      if (only && others.length === 0) return only.resolve({ kind: 'failed', error: committed });
      for (const one of batch) await this.#commit([one], done);
      return;
    }
    const published = this.options.outbox.publish(committed.outbox);
    this.options.onCommit(committed);
    batch.forEach(({ task, resolve }, at) => {
      // Not those that the inbox knew: what is remembered must be no older than the message that stands for it.
      if (task.claim.kind === 'inbox' && committed.decisions[at]?.kind === 'done') done.push(task.cause.id);
      resolve(outcomeOf(committed.decisions[at], published));
    });
  }

  /** Tries again while the database is full, locked or unavailable. Any other error is the batch's own. */
  async #attempt(batch: readonly Waiting[]): Promise<Committed | Error | 'abandoned'> {
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
        if (!isOutage(error)) return errorOf(error);
        if (this.#outage === undefined)
          this.options.logger.error(
            { error: String(error) },
            'the database does not work; nothing is acked until it does',
          );
        this.#outage = String(error);
        if (this.#stopping) return 'abandoned';
        await this.options.timers.sleep(OUTAGE_PAUSE_MS);
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

import type { Reply } from '@comanda/contracts';
import { errorOf, Gatherer, type Logger } from '@comanda/kit';
import { isOutage } from '@comanda/storage';
import { metrics } from '../metrics.js';
import type { Outbox } from './outbox.js';
import type { Arrival, FastPath, Timers } from './ports.js';
import type { Decision, Task } from './task.js';
import type { Committed, UnitOfWork } from './unit-of-work.js';

const MAX_BATCH = 200;
const OUTAGE_PAUSE_MS = 500;

export type Outcome =
  /** Committed; `published` resolves when its events are with the broker, or safe in the outbox for later. */
  | { readonly kind: 'done'; readonly reply?: Reply; readonly published: Promise<void> }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'not-wanted' }
  /** Another process has the message in hand at this moment, with all that came in it. */
  | { readonly kind: 'busy' }
  | { readonly kind: 'failed'; readonly error: unknown }
  /** Shutting down while the database is unavailable. The task was not decided; the broker redelivers it. */
  | { readonly kind: 'abandoned' };

interface Waiting {
  readonly tasks: readonly Task[];
  /** The message that they came in; the results of work came in none. */
  readonly arrival?: Arrival;
  /** Takes what became of each task, in their order. */
  resolve(outcomes: readonly Outcome[]): void;
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
      weightOf: ({ tasks }) => tasks.length,
      // Everything that arrives in the same turn of the event loop belongs in the first batch.
      beforeFirst: () => options.timers.nextTurn(),
    });
  }

  /** What keeps the database from working, or `undefined`. */
  get unhealthyReason(): string | undefined {
    return this.#outage;
  }

  /** Decides the results of work that was done as one, in one transaction; resolves with what became of each. */
  decide(tasks: readonly Task[]): Promise<readonly Outcome[]> {
    return this.#decided({ tasks });
  }

  /** Decides all that came in one message, in one transaction; resolves with what became of each task. */
  decideAll(arrival: Arrival, tasks: readonly Task[]): Promise<readonly Outcome[]> {
    return this.#decided({ arrival, tasks });
  }

  #decided(waiting: Omit<Waiting, 'resolve'>): Promise<readonly Outcome[]> {
    return new Promise((resolve) => this.#gatherer.add({ ...waiting, resolve }));
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
    const arrivals = batch.flatMap(({ arrival = [] }) => arrival);
    const seen = arrivals.length > 0 ? await this.options.fastPath?.ask(arrivals) : undefined;
    const rest = batch.filter(({ arrival, tasks, resolve }) => {
      if (!arrival) return true;
      if (seen?.processed.has(arrival.id)) resolve(tasks.map(() => ({ kind: 'duplicate' })));
      else if (seen?.busy.has(arrival.id)) resolve(tasks.map(() => ({ kind: 'busy' })));
      else return true;
      return false;
    });
    const outcomes = await this.#commit(rest.flatMap(({ tasks }) => tasks));
    const done: string[] = [];
    let last: string | undefined;
    let from = 0;
    for (const { arrival, tasks, resolve } of rest) {
      const own = outcomes.slice(from, from + tasks.length);
      from += tasks.length;
      resolve(own);
      const committed = arrival && tasks.filter((_, at) => own[at]?.kind === 'done').at(-1);
      if (!committed) continue;
      // Not what the inbox knew: what is remembered must be no older than the event that stands for it.
      last = committed.cause.id;
      // A message with an event that failed comes again, or part of it does: that must not be taken for done.
      if (own.every(({ kind }) => kind !== 'failed' && kind !== 'abandoned')) done.push(arrival.id);
    }
    if (!this.options.fastPath || arrivals.length === 0) return;
    const held = arrivals.map(({ id }) => id).filter((id) => !seen?.busy.has(id));
    void this.options.fastPath.settle({ done, held, last });
  }

  /** One transaction; when something in it breaks it for all, each task on its own, so that neighbours don't suffer. */
  async #commit(tasks: readonly Task[]): Promise<readonly Outcome[]> {
    if (tasks.length === 0) return [];
    const stopTimer = metrics.batchSeconds.startTimer();
    const committed = await this.#attempt(tasks);
    stopTimer();
    metrics.batchSize.observe(tasks.length);
    if (committed === 'abandoned') return tasks.map(() => ({ kind: 'abandoned' }));
    if (committed instanceof Error) {
      if (tasks.length === 1) return [{ kind: 'failed', error: committed }];
      const alone: Outcome[] = [];
      for (const task of tasks) alone.push(...(await this.#commit([task])));
      return alone;
    }
    const published = this.options.outbox.publish(committed.outbox);
    this.options.onCommit(committed);
    return tasks.map((_, at) => outcomeOf(committed.decisions[at], published));
  }

  /** Tries again while the database is full, locked or unavailable. Any other error is the batch's own. */
  async #attempt(tasks: readonly Task[]): Promise<Committed | Error | 'abandoned'> {
    for (;;) {
      const published = this.options.outbox.takePublished();
      try {
        const committed = await this.options.unitOfWork.run(tasks, published);
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
    case 'not-wanted':
      return decision;
    default:
      return { kind: 'duplicate' };
  }
}

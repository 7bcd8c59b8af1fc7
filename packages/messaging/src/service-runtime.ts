import type { ServiceName } from '@comanda/contracts';
import { FatalStartupError, type Logger } from '@comanda/kit';
import type { Store } from '@comanda/storage';
import type { RetrySchedule } from './broker/topology.js';
import type { Transport } from './broker/transport.js';
import { Batcher } from './runtime/batcher.js';
import { Consumer } from './runtime/consumer.js';
import { ENTROPY, type Entropy } from './runtime/entropy.js';
import type { Handler } from './runtime/handler.js';
import { Outbox } from './runtime/outbox.js';
import type { FastPath, Timers } from './runtime/ports.js';
import { UnitOfWork } from './runtime/unit-of-work.js';
import type { ClaimLock } from './work/claim-lock.js';
import type { WorkKind } from './work/work.js';
import { WorkQueue } from './work/work-queue.js';

/** What a service is made of, and the ports that it stands on. */
export interface ServiceRuntimeOptions {
  readonly service: ServiceName;
  readonly handlers: readonly Handler[];
  readonly work: readonly WorkKind[];
  /** The types of the events that it may publish, because a queue is bound to each; left out: any. */
  readonly publishes?: ReadonlySet<string>;
  /** Waits before the 2nd, 3rd ... try of a message that can't be handled yet. */
  readonly retrySeconds: RetrySchedule;
  readonly prefetch: number;
  /** Whether each message must name a sender who may send it; see `wrongSenderOf`. */
  readonly namedSenders?: boolean;
  readonly transport: Transport;
  readonly store: Store;
  readonly timers: Timers;
  readonly entropy?: Entropy;
  /** Without it everything works, with more round trips. */
  readonly fastPath: FastPath | undefined;
  readonly claimLock: Pick<ClaimLock, 'around'> | undefined;
  /** How often the outbox is swept, besides every start. */
  readonly sweepMs?: number;
  /** How often due work is looked for, besides when it is expected. */
  readonly pollMs?: number;
  readonly logger: Logger;
}

/**
 * One process of a service: what comes in is decided in batches and acked, what follows is published, due work is done.
 * It touches nothing but its ports, so a simulation runs this very class.
 */
export class ServiceRuntime {
  readonly #outbox: Outbox;
  readonly #batcher: Batcher;
  readonly #work: WorkQueue;
  readonly #consumer: Consumer;

  constructor(options: ServiceRuntimeOptions) {
    const { service, transport, store, timers, entropy = ENTROPY, logger, sweepMs, pollMs } = options;
    assertOneOfEach(options);
    const handlers = new Map(options.handlers.map((handler) => [handler.on.type, handler]));
    this.#outbox = new Outbox({
      transport,
      store,
      timers,
      entropy,
      logger,
      ...(sweepMs !== undefined && { sweepMs }),
    });
    const unitOfWork = new UnitOfWork({
      service,
      store,
      timers,
      entropy,
      leaseSeconds: (kind, key) => this.#work.leaseSeconds(kind, key),
      ...(options.publishes && { publishes: options.publishes }),
    });
    this.#batcher = new Batcher({
      unitOfWork,
      outbox: this.#outbox,
      fastPath: options.fastPath,
      onCommit: (committed) => this.#work.accept(committed),
      timers,
      logger,
    });
    this.#work = new WorkQueue(options.work, {
      store,
      batcher: this.#batcher,
      lock: options.claimLock,
      timers,
      entropy,
      logger,
      ...(pollMs !== undefined && { pollMs }),
    });
    this.#consumer = new Consumer({ ...options, handlers, batcher: this.#batcher });
  }

  /** Starts to look for what a former process left behind. Messages come as soon as the transport brings them. */
  start(): void {
    this.#outbox.start();
    this.#work.start();
  }

  /** What keeps messages from being handled or events from being published, or `undefined`. */
  get unhealthyReason(): string | undefined {
    return this.#batcher.unhealthyReason ?? this.#work.unhealthyReason ?? this.#outbox.unhealthyReason;
  }

  /** Resolves when messages come. */
  ready(): Promise<void> {
    return this.#consumer.ready();
  }

  /** Finishes what is in hand and loses nothing: takes no more, decides, publishes, acks. */
  async stop(): Promise<void> {
    this.#batcher.stop();
    // Both at once: what the last messages leave to be done now must not be leased to a process that goes.
    await Promise.all([this.#consumer.stop(), this.#work.stop()]);
    await this.#batcher.idle();
    await this.#outbox.stop();
  }
}

/** @throws FatalStartupError when there are two handlers for one type, or two kinds of work of one name */
export function assertOneOfEach({ handlers, work }: Pick<ServiceRuntimeOptions, 'handlers' | 'work'>): void {
  unique(
    'handlers for',
    handlers.map((handler) => [handler.on.type, handler]),
  );
  unique(
    'kinds of work called',
    work.map((kind) => [kind.kind, kind]),
  );
}

/** Two handlers for one type in one service would each do half: refused. */
export function unique<T>(what: string, entries: readonly (readonly [string, T])[]): ReadonlyMap<string, T> {
  const map = new Map(entries);
  const twice = entries.map(([name]) => name).find((name, at, names) => names.indexOf(name) !== at);
  if (twice !== undefined)
    throw new FatalStartupError(`there are two ${what} ${twice}; a service does a thing in one place`);
  return map;
}

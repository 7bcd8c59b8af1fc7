import type { ServiceName } from '@comanda/contracts';
import type { Logger } from '@comanda/kit';
import { FatalStartupError } from '@comanda/kit';
import type { Database, Retention } from '@comanda/storage';
import type { Redis } from 'ioredis';
import { Broker } from './broker/broker.js';
import { Publisher } from './broker/publisher.js';
import { type QueryHandler, Responder } from './broker/responder.js';
import { declareTopology, RETRY_SECONDS, type RetrySchedule } from './broker/topology.js';
import { Housekeeper } from './housekeeping/housekeeper.js';
import { assertInboxOutlives, inboxRetention } from './housekeeping/inbox-retention.js';
import { Batcher } from './runtime/batcher.js';
import { Consumer } from './runtime/consumer.js';
import { FastPath } from './runtime/fast-path.js';
import type { Handler } from './runtime/handler.js';
import { Outbox } from './runtime/outbox.js';
import { UnitOfWork } from './runtime/unit-of-work.js';
import { ClaimLock } from './work/claim-lock.js';
import type { WorkKind } from './work/work.js';
import { WorkQueue } from './work/work-queue.js';

export interface MessagingOptions {
  readonly service: ServiceName;
  readonly rabbitUrl: string;
  readonly database: Database;
  /** Without it everything works, with more round trips. */
  readonly redis: Redis | undefined;
  readonly handlers: readonly Handler[];
  readonly queries: readonly QueryHandler[];
  readonly work: readonly WorkKind[];
  /** The types of the events that it may tell, because a queue is bound to each; left out: any. */
  readonly publishes?: ReadonlySet<string>;
  readonly logger: Logger;
  /** Waits before the 2nd, 3rd ... try of a message that can't be handled yet. */
  readonly retrySeconds?: RetrySchedule;
  /** How long what the service no longer needs is kept; the inbox's own retention is added here. */
  readonly retentions?: readonly Retention[];
  readonly housekeeping?: HousekeepingSettings;
  readonly prefetch?: number;
  readonly clock?: () => Date;
}

export interface HousekeepingSettings {
  readonly everySeconds: number;
  readonly inboxRetentionDays: number;
  readonly deadLetterReplayDays: number;
}

export const HOUSEKEEPING: HousekeepingSettings = {
  everySeconds: 300,
  inboxRetentionDays: 30,
  deadLetterReplayDays: 14,
};
const PREFETCH = 1_000;

/**
 * A service's whole traffic: what comes in is decided in batches and acked, what follows is published, due work is
 * done, questions are answered. Two connections, because a broker in need stops reading from those that publish,
 * and acks must not stop with them.
 */
export class Messaging {
  readonly #incoming: Broker;
  readonly #outgoing: Broker;
  readonly #publisher: Publisher;
  readonly #outbox: Outbox;
  readonly #batcher: Batcher;
  readonly #work: WorkQueue;
  readonly #consumer: Consumer;
  readonly #responder: Responder;
  readonly #housekeeper: Housekeeper;

  /** Starts to connect and goes on trying; `ready()` tells when everything flows. */
  constructor(options: MessagingOptions) {
    const { service, rabbitUrl, database, redis, logger, clock = () => new Date() } = options;
    const { retrySeconds = RETRY_SECONDS, housekeeping = HOUSEKEEPING } = options;
    assertInboxOutlives({ ...housekeeping, retrySeconds });
    const handlers = unique(
      'handlers for',
      options.handlers.map((handler) => [handler.on.type, handler]),
    );
    const queries = unique(
      'answers to',
      options.queries.map((query) => [query.query.type, query]),
    );
    unique(
      'kinds of work called',
      options.work.map((kind) => [kind.kind, kind]),
    );
    this.#incoming = new Broker(rabbitUrl, `${service}:in`, logger);
    this.#outgoing = new Broker(rabbitUrl, `${service}:out`, logger);
    this.#publisher = new Publisher(this.#outgoing, declareTopology);
    this.#outbox = new Outbox({ publisher: this.#publisher, database, logger, clock });
    const unitOfWork = new UnitOfWork({
      service,
      database,
      clock,
      leaseSeconds: (kind, key) => this.#work.leaseSeconds(kind, key),
      ...(options.publishes && { publishes: options.publishes }),
    });
    const batcher = new Batcher({
      unitOfWork,
      outbox: this.#outbox,
      fastPath: redis && new FastPath(redis, service),
      logger,
    });
    this.#batcher = batcher;
    this.#work = new WorkQueue(options.work, {
      database,
      batcher,
      clock,
      logger,
      lock: redis && new ClaimLock(redis, service),
    });
    batcher.onWork = (started, scheduled) => this.#work.accept(started, scheduled);
    this.#consumer = new Consumer({
      service,
      handlers,
      broker: this.#incoming,
      publisher: this.#publisher,
      batcher,
      retrySeconds,
      prefetch: options.prefetch ?? PREFETCH,
      clock,
      logger,
    });
    this.#responder = new Responder({
      service,
      queries,
      broker: this.#incoming,
      publisher: this.#publisher,
      logger,
    });
    this.#housekeeper = new Housekeeper({
      database,
      retentions: [inboxRetention(housekeeping.inboxRetentionDays), ...(options.retentions ?? [])],
      everySeconds: housekeeping.everySeconds,
      clock,
      logger,
    });
    this.#outbox.start();
    this.#work.start();
    this.#housekeeper.start();
  }

  /** What keeps messages from flowing, or `undefined`. */
  get unhealthyReason(): string | undefined {
    return (
      this.#incoming.unhealthyReason ??
      this.#outgoing.unhealthyReason ??
      this.#batcher.unhealthyReason ??
      this.#work.unhealthyReason ??
      this.#outbox.unhealthyReason
    );
  }

  /** Resolves when the broker has something declared otherwise, at the start; see `Broker.refused`. */
  get refused(): Promise<FatalStartupError> {
    return Promise.race([this.#incoming.refused, this.#outgoing.refused]);
  }

  async ready(): Promise<void> {
    await Promise.all([this.#consumer.ready(), this.#responder.ready(), this.#publisher.ready()]);
  }

  /** Finishes what is in hand and loses nothing: takes no more, decides, publishes, acks, disconnects. */
  async stop(): Promise<void> {
    this.#batcher.stop();
    // All at once: what the last messages leave to be done now must not be leased to a process that goes.
    await Promise.all([
      this.#responder.stop(),
      this.#consumer.stop(),
      this.#work.stop(),
      this.#housekeeper.stop(),
    ]);
    await this.#batcher.idle();
    await this.#outbox.stop();
    await this.#incoming.close();
    await this.#outgoing.close();
  }
}

/** Two handlers for one type in one service would each do half: refused. */
function unique<T>(what: string, entries: readonly (readonly [string, T])[]): ReadonlyMap<string, T> {
  const map = new Map(entries);
  const twice = entries.map(([name]) => name).find((name, at, names) => names.indexOf(name) !== at);
  if (twice !== undefined)
    throw new FatalStartupError(`there are two ${what} ${twice}; a service does a thing in one place`);
  return map;
}

import type { ServiceName } from '@comanda/contracts';
import type { FatalStartupError, Logger } from '@comanda/kit';
import type { Database } from '@comanda/storage';
import type { Redis } from 'ioredis';
import { AmqpTransport } from './broker/amqp-transport.js';
import { Broker } from './broker/broker.js';
import { Publisher } from './broker/publisher.js';
import { type QueryHandler, Responder } from './broker/responder.js';
import { RETRY_SECONDS, type RetrySchedule, topologyFor } from './broker/topology.js';
import type { Handler } from './runtime/handler.js';
import { RedisFastPath } from './runtime/redis-fast-path.js';
import { SYSTEM_TIMERS } from './runtime/system-timers.js';
import { assertOneOfEach, ServiceRuntime, unique } from './service-runtime.js';
import { ClaimLock } from './work/claim-lock.js';
import type { WorkKind } from './work/work.js';

export interface MessagingOptions {
  readonly service: ServiceName;
  readonly rabbitUrl: string;
  readonly database: Database;
  /** Without it everything works, with more round trips. `incarnation`: see `incarnationOf`. */
  readonly redis: { readonly client: Redis; readonly incarnation: string } | undefined;
  readonly handlers: readonly Handler[];
  readonly queries: readonly QueryHandler[];
  readonly work: readonly WorkKind[];
  /** The types of the events that it may publish, because a queue is bound to each; left out: any. */
  readonly publishes?: ReadonlySet<string>;
  readonly logger: Logger;
  /** Waits before the 2nd, 3rd ... try of a message that can't be handled yet. */
  readonly retrySeconds?: RetrySchedule;
  readonly prefetch?: number;
}

/** In messages, of which each may be a frame of a hundred events; what their bodies take is bounded besides. */
const PREFETCH = 100;

/**
 * A service's whole traffic on RabbitMQ: its runtime, and the answers to queries. Two connections, because a broker in
 * need stops reading from those that publish, and acks must not stop with them.
 */
export class Messaging {
  readonly #incoming: Broker;
  readonly #outgoing: Broker;
  readonly #publisher: Publisher;
  readonly #runtime: ServiceRuntime;
  readonly #responder: Responder;

  /** Starts to connect and goes on trying; `ready()` resolves when everything works. */
  constructor(options: MessagingOptions) {
    const { service, rabbitUrl, database, redis, logger } = options;
    const { retrySeconds = RETRY_SECONDS } = options;
    // Before a connection is opened: a service that must not start leaves none behind.
    assertOneOfEach(options);
    const queries = unique(
      'answers to',
      options.queries.map((query) => [query.query.type, query]),
    );
    this.#incoming = new Broker(rabbitUrl, `${service}:in`, logger);
    this.#outgoing = new Broker(rabbitUrl, `${service}:out`, logger);
    this.#publisher = new Publisher(this.#outgoing, topologyFor(this.#outgoing));
    const transport = new AmqpTransport({ incoming: this.#incoming, publisher: this.#publisher, logger });
    this.#runtime = new ServiceRuntime({
      service,
      handlers: options.handlers,
      work: options.work,
      ...(options.publishes && { publishes: options.publishes }),
      retrySeconds,
      prefetch: options.prefetch ?? PREFETCH,
      namedSenders: this.#incoming.account !== undefined,
      transport,
      store: database,
      timers: SYSTEM_TIMERS,
      fastPath: redis && new RedisFastPath(redis.client, service, redis.incarnation),
      claimLock: redis && new ClaimLock(redis.client, service),
      logger,
    });
    this.#responder = new Responder({ service, queries, broker: this.#incoming, transport, logger });
    this.#runtime.start();
  }

  /** What keeps messages from flowing, or `undefined`. */
  get unhealthyReason(): string | undefined {
    return this.#incoming.unhealthyReason ?? this.#outgoing.unhealthyReason ?? this.#runtime.unhealthyReason;
  }

  /** Resolves when the broker has something declared otherwise, at the start; see `Broker.refused`. */
  get refused(): Promise<FatalStartupError> {
    return Promise.race([this.#incoming.refused, this.#outgoing.refused]);
  }

  async ready(): Promise<void> {
    await Promise.all([this.#runtime.ready(), this.#responder.ready(), this.#publisher.ready()]);
  }

  /** Finishes what is in hand and loses nothing: takes no more, decides, publishes, acks, disconnects. */
  async stop(): Promise<void> {
    await Promise.all([this.#responder.stop(), this.#runtime.stop()]);
    await this.#incoming.close();
    await this.#outgoing.close();
  }
}

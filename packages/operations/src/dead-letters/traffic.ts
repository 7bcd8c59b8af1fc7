import type { ServiceName } from '@comanda/contracts';
import type { Logger } from '@comanda/kit';
import { Broker, Publisher, topologyFor, type WorkKind } from '@comanda/messaging';
import type { Database } from '@comanda/storage';
import { DeadLetterIntake } from './intake.js';
import { replayWork } from './replay-work.js';

/** What moves a service's dead letters, on a connection of its own: into its database, and back into its queue. */
export class DeadLetterTraffic {
  /** Due work that the service has to do besides its own. */
  readonly work: WorkKind;
  readonly #broker: Broker;
  readonly #publisher: Publisher;
  readonly #intake: DeadLetterIntake;

  /** Starts to connect and goes on trying. */
  constructor(options: {
    readonly service: ServiceName;
    readonly rabbitUrl: string;
    readonly database: Database;
    readonly logger: Logger;
  }) {
    const { service, rabbitUrl, database, logger } = options;
    this.#broker = new Broker(rabbitUrl, `${service}:dead-letters`, logger);
    this.#publisher = new Publisher(this.#broker, topologyFor(this.#broker));
    this.#intake = new DeadLetterIntake({ service, broker: this.#broker, database, logger });
    this.work = replayWork(this.#publisher);
  }

  /** What keeps dead letters from being taken in or replayed, or `undefined`. */
  get unhealthyReason(): string | undefined {
    return this.#broker.unhealthyReason ?? this.#intake.unhealthyReason;
  }

  async ready(): Promise<void> {
    await Promise.all([this.#intake.ready(), this.#publisher.ready()]);
  }

  /** To be stopped after the work that it lends. */
  async stop(): Promise<void> {
    await this.#intake.stop();
    await this.#broker.close();
  }
}

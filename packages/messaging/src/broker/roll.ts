import { SERVICES, type ServiceName } from '@comanda/contracts';
import { TimedOut, withTimeout } from '@comanda/kit';
import type { Options } from 'amqplib';
import { queriesOf } from './topology.js';
import type { Outgoing } from './transport.js';
import { Unavailable } from './unavailable.js';

/** Every broker has it; each instance that answers queries binds its queue there, under the name of its service's queries. */
export const ROLL_EXCHANGE = 'amq.direct';

/** A new instance is known after so long at the latest. */
const CALL_AGAIN_MS = 5_000;
const PREFIX = 'roll:';

/** The queues of the instances all begin like this; their broker account may make them. */
export const queryQueuePrefix = (service: ServiceName): string => `${queriesOf(service)}.`;

/** The queue of one instance: it goes with its connection, so a question never waits there for nobody. */
export const QUERY_QUEUE_OPTIONS: Options.AssertQueue = { exclusive: true, autoDelete: true, durable: false };

/** The service that is called, by what a roll call and each answer to it are known by. */
export const calledService = ({
  correlationId,
}: {
  readonly correlationId?: unknown;
}): ServiceName | undefined => SERVICES.find(({ name }) => correlationId === PREFIX + name)?.name;

/** What each instance of a service answers with the name of its queue. It is returned when there is no instance. */
export const rollCall = (service: ServiceName, replyTo: string, messageId: string): Outgoing => ({
  exchange: ROLL_EXCHANGE,
  routingKey: queriesOf(service),
  messageId,
  body: Buffer.from('{}'),
  options: { replyTo, correlationId: PREFIX + service, persistent: false, expiration: CALL_AGAIN_MS },
});

interface Called {
  readonly queues: string[];
  readonly waiting: ((failure?: Error) => void)[];
  at: number;
}

/** Which instances of each service are known to answer queries; they take turns. */
export class Roll {
  readonly #services = new Map<ServiceName, Called>();

  /** @param call sends a roll call; fails when there is no instance, or no broker */
  constructor(private readonly call: (service: ServiceName) => Promise<void>) {}

  /** The queue of the instance whose turn it is. When none is known, they are called, and the first that answers is taken. */
  async next(service: ServiceName, timeoutMs: number): Promise<string> {
    const called = this.#called(service);
    const known = called.queues.length > 0;
    if (!known || performance.now() - called.at > CALL_AGAIN_MS) this.#call(service, called);
    if (!known) {
      const answered = new Promise<void>((resolve, reject) =>
        called.waiting.push((failure) => (failure ? reject(failure) : resolve())),
      );
      await withTimeout(answered, timeoutMs, `an instance of ${service}`).catch((error: Error) => {
        throw error instanceof TimedOut ? new Unavailable('timeout', error.message) : error;
      });
    }
    const queue = called.queues.shift();
    if (queue === undefined) return this.next(service, timeoutMs); // struck off since
    called.queues.push(queue);
    return queue;
  }

  answered(service: ServiceName, queue: string): void {
    const { queues, waiting } = this.#called(service);
    if (!queues.includes(queue)) queues.push(queue);
    for (const wake of waiting.splice(0)) wake();
  }

  /** An instance that is gone, or does not answer. If it is still there it answers the next call. */
  strike(service: ServiceName, queue: string): void {
    const { queues } = this.#called(service);
    const at = queues.indexOf(queue);
    if (at >= 0) queues.splice(at, 1);
  }

  /** Nobody can answer any more: the connection is lost. */
  clear(reason: Error): void {
    const all = [...this.#services.values()];
    this.#services.clear();
    for (const { waiting } of all) for (const fail of waiting.splice(0)) fail(reason);
  }

  #call(service: ServiceName, called: Called): void {
    // All that ask meanwhile wait for the same call.
    if (called.waiting.length > 0 && performance.now() - called.at <= CALL_AGAIN_MS) return;
    called.at = performance.now();
    // Where an instance is known, its own queue tells who asks that it is gone.
    this.call(service).catch((error: Error) => {
      for (const fail of called.waiting.splice(0)) fail(error);
    });
  }

  #called(service: ServiceName): Called {
    const known = this.#services.get(service);
    if (known) return known;
    const called: Called = { queues: [], waiting: [], at: Number.NEGATIVE_INFINITY };
    this.#services.set(service, called);
    return called;
  }
}

import { COMMANDS, type Envelope, EVENTS, type ServiceName } from '@comanda/contracts';
import type { Faults } from '../faults.js';
import { type Copy, Queue } from './queue.js';
import type { TimeLine } from './time-line.js';

/** The services that have a queue. */
export type Reader = Exclude<ServiceName, 'api-gateway'>;
export const READERS: readonly Reader[] = [
  'orders-service',
  'products-service',
  'payments-service',
  'webhook-publisher',
];
const isReader = (name: ServiceName): name is Reader => name !== 'api-gateway';

const BOUND: ReadonlyMap<string, readonly Reader[]> = new Map([
  ...EVENTS.map(({ type, consumers }) => [type, consumers.filter(isReader)] as const),
  ...COMMANDS.map(({ type, to }) => [type, [to].filter(isReader)] as const),
]);

/** Whose queues a message of this type goes to. */
export const readersOf = (type: string): readonly Reader[] => BOUND.get(type) ?? [];

const MAX_DELAY_MS = 10_000;

/** Carries each message to the queues of its readers: mostly once, mostly at once. */
export class Broker {
  readonly queues: Readonly<Record<Reader, Queue>>;

  constructor(
    private readonly timeLine: TimeLine,
    private readonly faults: Faults,
    told: { ready(reader: Reader): void; gone(reader: Reader, copy: Copy): void },
  ) {
    const queue = (reader: Reader) =>
      new Queue(
        () => told.ready(reader),
        (copy) => told.gone(reader, copy),
      );
    this.queues = {
      'orders-service': queue('orders-service'),
      'products-service': queue('products-service'),
      'payments-service': queue('payments-service'),
      'webhook-publisher': queue('webhook-publisher'),
    };
  }

  publish(envelope: Envelope): void {
    for (const reader of readersOf(envelope.type)) {
      this.#send(reader, envelope);
      if (this.faults.strikes('duplicate') !== undefined) this.#send(reader, envelope);
    }
  }

  /** Puts a copy that was given out back into the queue after a while, as the ladder does. */
  putOff(reader: Reader, copy: Copy, ms: number): void {
    const again = { ...copy, redelivered: false, tries: copy.tries + 1 };
    this.#arrive(reader, again, ms);
  }

  #send(reader: Reader, envelope: Envelope): void {
    const late = this.faults.strikes('delay');
    const ms = late === undefined ? 0 : late * MAX_DELAY_MS;
    this.#arrive(reader, { id: envelope.id, envelope, redelivered: false, tries: 0 }, ms);
  }

  #arrive(reader: Reader, copy: Copy, ms: number): void {
    const queue = this.queues[reader];
    queue.count(copy);
    if (ms === 0) {
      queue.put(copy);
      return;
    }
    queue.coming++;
    this.timeLine.at(this.timeLine.now + ms, () => {
      queue.coming--;
      queue.put(copy);
    });
  }
}

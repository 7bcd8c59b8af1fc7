import { COMMANDS, CONSUMING_SERVICES, type ConsumerName, type Envelope, EVENTS } from '@comanda/contracts';
import {
  type Delivery,
  deadLettersOf,
  framed,
  grouped,
  type Outgoing,
  queueOf,
  RETRY_SECONDS,
  retryQueueOf,
} from '@comanda/messaging';
import type { Faults } from '../faults.js';
import type { Chance } from './chance.js';
import { type Consumer, type Copy, type Event, eventsOf, Queue } from './queue.js';
import { type Life, type TimeLine, WORLD } from './time-line.js';

/** The services that have a queue. */
export type Reader = ConsumerName;
export const READERS: readonly Reader[] = CONSUMING_SERVICES.map(({ name }) => name);

const BOUND: ReadonlyMap<string, readonly Reader[]> = new Map(
  [
    ...EVENTS.map(({ type, consumers }) => [type, consumers] as const),
    ...COMMANDS.map(({ type, to }) => [type, [to]] as const),
  ].map(([type, names]) => [type, READERS.filter((reader) => names.some((name) => name === reader))]),
);

/** Whose queues a message of this type goes to. */
export const readersOf = (type: string): readonly Reader[] => BOUND.get(type) ?? [];

/** A value for each service that has a queue. */
export const perReader = <T>(make: (reader: Reader) => T): Readonly<Record<Reader, T>> =>
  Object.fromEntries(READERS.map((reader) => [reader, make(reader)])) as Record<Reader, T>;

/** A consumer's channel, as the broker knows it. */
export interface Channel extends Consumer {
  readonly life: Life;
  readonly prefetch: number;
  receive(delivery: Delivery): void;
}

interface Line {
  readonly reader: Reader;
  readonly queue: Queue;
  readonly channels: Channel[];
  /** Whether the next deliveries are on their way. */
  delivering: boolean;
}

const MAX_DELAY_MS = 10_000;
/** At most so many deliveries arrive together. */
const TOGETHER = 20;

const NO_PROPERTIES: Delivery['properties'] = {
  contentType: undefined,
  contentEncoding: undefined,
  headers: undefined,
  deliveryMode: undefined,
  priority: undefined,
  correlationId: undefined,
  replyTo: undefined,
  expiration: undefined,
  messageId: undefined,
  timestamp: undefined,
  type: undefined,
  userId: undefined,
  appId: undefined,
  clusterId: undefined,
};

/** Where a message goes that is published straight to a queue. */
type Place =
  | { readonly kind: 'queue'; readonly reader: ConsumerName }
  | { readonly kind: 'retry'; readonly reader: Reader; readonly seconds: number }
  | { readonly kind: 'dead-letters'; readonly reader: ConsumerName };

const PLACES: ReadonlyMap<string, Place> = new Map(
  READERS.flatMap((reader): [string, Place][] => {
    const queue = queueOf(reader);
    return [
      [queue, { kind: 'queue', reader }],
      [deadLettersOf(queue), { kind: 'dead-letters', reader }],
      ...RETRY_SECONDS.map((seconds): [string, Place] => [
        retryQueueOf(queue, seconds),
        { kind: 'retry', reader, seconds },
      ]),
    ];
  }),
);

/** Carries each message to the queues of its readers: mostly once, mostly at once, mostly in order. */
export class Broker {
  readonly queues: Readonly<Record<Reader, Queue>>;
  readonly #lines: Readonly<Record<Reader, Line>>;
  #tags = 0;

  constructor(
    private readonly options: {
      readonly timeLine: TimeLine;
      readonly faults: Faults;
      readonly chance: Chance;
      /** Called when the last copy of an event has left its queue. */
      readonly gone: (reader: Reader, event: Event) => void;
      /** Gives frames their ids. */
      readonly newId: () => string;
    },
  ) {
    this.queues = perReader((reader) => new Queue((event) => options.gone(reader, event)));
    this.#lines = perReader((reader) => ({
      reader,
      queue: this.queues[reader],
      channels: [],
      delivering: false,
    }));
  }

  /** Whether nothing is left in any queue but dead letters. */
  get isEmpty(): boolean {
    return READERS.every((reader) => this.queues[reader].left === 0);
  }

  /** What the gateway sends in one turn. */
  send(envelopes: readonly Envelope[]): void {
    const events = envelopes.map((envelope) => ({
      messageId: envelope.id,
      type: envelope.type,
      body: JSON.stringify(envelope),
    }));
    for (const group of grouped(events)) this.publish(framed(group, this.options.newId));
  }

  publish(message: Outgoing): void {
    const { faults, timeLine } = this.options;
    timeLine.moved();
    if (message.exchange === '') {
      this.#publishToQueue(message);
      return;
    }
    for (const reader of readersOf(message.routingKey)) {
      this.#send(reader, message);
      if (faults.strikes('duplicate') !== undefined) this.#send(reader, message);
    }
  }

  /** A consumer takes messages from now on. */
  open(reader: Reader, channel: Channel): void {
    const line = this.#lines[reader];
    line.channels.push(channel);
    this.#deliver(line);
  }

  ack(reader: Reader, channel: Channel, upTo: number): void {
    const line = this.#lines[reader];
    this.options.timeLine.moved();
    line.queue.ack(channel, upTo);
    this.#deliver(line);
  }

  /** The channel is gone; what it held and had not acked is given out again. */
  close(reader: Reader, channel: Channel): void {
    const line = this.#lines[reader];
    const at = line.channels.indexOf(channel);
    if (at === -1) return;
    line.channels.splice(at, 1);
    line.queue.giveBack(channel);
    this.#deliver(line);
  }

  #publishToQueue(message: Outgoing): void {
    const place = PLACES.get(message.routingKey);
    if (!place) return; // an answer: nobody waits for it here
    const { reader } = place;
    const copy = copyOf(message);
    if (place.kind === 'dead-letters') {
      this.queues[reader].count(copy);
      this.queues[reader].dead.push(copy);
    } else this.#arrive(reader, copy, place.kind === 'retry' ? place.seconds * 1_000 : 0);
  }

  #send(reader: Reader, message: Outgoing): void {
    const late = this.options.faults.strikes('delay');
    this.#arrive(reader, copyOf(message), late === undefined ? 0 : late * MAX_DELAY_MS);
  }

  #arrive(reader: Reader, copy: Copy, ms: number): void {
    const line = this.#lines[reader];
    const { queue } = line;
    queue.count(copy);
    const put = () => {
      queue.ready.push(copy);
      this.#deliver(line);
    };
    if (ms === 0) {
      put();
      return;
    }
    queue.coming++;
    this.options.timeLine.later(WORLD, ms, () => {
      queue.coming--;
      put();
    });
  }

  /** Sends what waits to a consumer that has room, in portions. */
  #deliver(line: Line): void {
    if (line.delivering || line.queue.ready.length === 0 || !line.channels.some(hasRoom)) return;
    line.delivering = true;
    this.options.timeLine.soon(WORLD, () => {
      line.delivering = false;
      this.#portion(line);
      this.#deliver(line);
    });
  }

  #portion({ queue, channels }: Line): void {
    const { chance, faults } = this.options;
    const free = channels.filter(hasRoom);
    if (free.length === 0) return;
    const channel = chance.pick(free);
    const room = channel.prefetch - channel.unacked.size;
    const copies = queue.take(Math.min(room, chance.between(1, TOGETHER)), (waiting) => {
      const strike = faults.strikes('reorder');
      return strike === undefined ? 0 : Math.floor(strike * waiting);
    });
    for (const copy of copies) {
      const deliveryTag = ++this.#tags;
      channel.unacked.set(deliveryTag, copy);
      channel.receive(deliveryOf(copy, deliveryTag));
    }
  }
}

const hasRoom = ({ unacked, prefetch }: Channel): boolean => unacked.size < prefetch;

const copyOf = (message: Outgoing): Copy => ({ message, events: eventsOf(message), redelivered: false });

const deliveryOf = ({ message, redelivered }: Copy, deliveryTag: number): Delivery => ({
  content: message.body,
  fields: { deliveryTag, redelivered, routingKey: message.routingKey },
  properties: { ...NO_PROPERTIES, ...message.options, messageId: message.messageId },
});

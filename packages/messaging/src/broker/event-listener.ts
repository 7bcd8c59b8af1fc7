import { Envelope, type EventType, type Message, newId, type ServiceName } from '@comanda/contracts';
import { messageOf } from '@comanda/kit';
import type { Channel, ConfirmChannel, ConsumeMessage, Options } from 'amqplib';
import type { z } from 'zod';
import type { Broker } from './broker.js';
import { type Single, singlesOf } from './frame.js';
import type { ReopeningChannel } from './reopening-channel.js';
import { wrongSenderOf } from './senders.js';
import { EXCHANGE, topologyFor } from './topology.js';
import type { Delivery } from './transport.js';
import { Unprocessable } from './unprocessable.js';
import { envelopeOf, issuesOf, parsed } from './wire.js';

/** What waits for a listener at most. It takes each delivery at once, so there is more only while its process stands still. */
const MOST_WAITING = 10_000;
const MOST_BYTES_WAITING = 16 * 1024 * 1024;
/** How many deliveries may be on their way and not acked: frames of 256 KiB at most, each gone as soon as it is read. */
const PREFETCH = 100;
/** An ack is a write to the network; what is not acked yet is gone with the queue, as all else. */
const ACK_EVERY = 25;
/** What is kept unread while nobody wants to hear it: some thousand events, the newest ones. */
const MOST_BYTES_UNREAD = 2 * 1024 * 1024;

/** What is read of an event that is only looked at: to check all of it costs several times as much. */
const Glimpse = Envelope.pick({ id: true, type: true, tenantid: true, data: true });
export type Glimpse = z.infer<typeof Glimpse>;

export interface EventListenerOptions {
  readonly broker: Broker;
  readonly service: ServiceName;
  readonly types: readonly EventType[];
  /** @param at when it came, in milliseconds since 1970 */
  readonly heard: (event: Message<unknown>, at: number) => void;
  /** It listens from now on, and what was told just before this moment may have passed it by. */
  readonly interrupted: () => void;
  /** Whether somebody wants to hear at the moment. What comes while nobody does is read when `read` is called. */
  readonly wanted: () => boolean;
  /** Looks at events as they come, before and apart from `heard`, whether or not somebody wants to hear. */
  readonly atOnce?: {
    /**
     * Whether what came is looked at. It is asked for each delivery, before anything of it is parsed.
     *
     * @param type of its events
     * @param content one event or a frame of them, as JSON
     */
    readonly wanted: (type: string, content: Buffer) => boolean;
    /** @param event its data as it came, not checked */
    readonly seen: (event: Glimpse) => void;
  };
  readonly mostWaiting?: number;
}

interface Arrived {
  readonly delivery: Delivery;
  readonly at: number;
}

/** The queues of an instance's listener all begin like this; its broker account may make them. */
export const listenerQueuePrefix = (service: ServiceName): string => `${service}.live.`;

/**
 * Hears events without being a consumer of them: by a queue of this connection alone, which goes with it. Nothing waits
 * for a listener that is away, and nobody who publishes knows of it. When it may have missed something it says so.
 */
export class EventListener {
  readonly #channel: ReopeningChannel;
  readonly #types: ReadonlyMap<string, EventType>;
  #unread: Arrived[] = [];
  #bytesUnread = 0;
  #leftOut = false;
  #taken = 0;

  constructor(private readonly options: EventListenerOptions) {
    this.#types = new Map(options.types.map((type) => [type.type, type]));
    // Whatever keeps it from listening must keep nobody from placing orders.
    this.#channel = options.broker.openReopeningChannel('listen', (channel) => this.#setUp(channel), {
      needed: false,
    });
  }

  /** Why it does not listen; `undefined` when it does. */
  get unhealthyReason(): string | undefined {
    return this.#channel.unhealthyReason;
  }

  /** Resolves once it listens. */
  ready(): Promise<void> {
    return this.#channel.ready();
  }

  async #setUp(channel: ConfirmChannel): Promise<void> {
    const { broker, service, mostWaiting = MOST_WAITING } = this.options;
    // Before this queue is bound: an event that found it alone would count as delivered.
    await topologyFor(broker)(channel);
    const queue = `${listenerQueuePrefix(service)}${newId()}`;
    const dropped = `${queue}.dropped`;
    await channel.assertQueue(dropped, itsOwn({ 'x-max-length': 1 }));
    await channel.assertQueue(
      queue,
      itsOwn({
        'x-max-length': mostWaiting,
        'x-max-length-bytes': MOST_BYTES_WAITING,
        // The oldest goes, and shows in the other queue that something went. A publisher must never be refused for it.
        'x-overflow': 'drop-head',
        'x-dead-letter-exchange': '',
        'x-dead-letter-routing-key': dropped,
      }),
    );
    for (const { type } of this.options.types) await channel.bindQueue(queue, EXCHANGE, type);
    this.#taken = 0;
    await channel.prefetch(PREFETCH);
    const ends = () => void channel.close().catch(() => undefined); // closing already
    await channel.consume(dropped, (message) => (message ? this.#interrupt() : ends()), { noAck: true });
    await channel.consume(queue, (delivery) => (delivery ? this.#take(channel, delivery) : ends()));
    this.#interrupt();
  }

  /** Hears what has come and was not wanted until now. */
  read(): void {
    if (this.#leftOut) this.options.interrupted();
    for (const { delivery, at } of this.#emptied())
      this.#each(delivery, (json, type) => this.options.heard(parsed(type, envelopeOf(json)), at));
  }

  /** To read it costs more than all else that is done about it, and mostly nobody listens. */
  #take(channel: Channel, delivery: ConsumeMessage): void {
    if (++this.#taken % ACK_EVERY === 0) channel.ack(delivery, true);
    // A copy: the client cuts messages out of larger pieces, which would stay with them.
    const kept = { ...delivery, content: Buffer.from(delivery.content) };
    const { atOnce } = this.options;
    if (atOnce?.wanted(delivery.fields.routingKey, kept.content))
      this.#each(kept, (_json, _type, glimpse) => atOnce.seen(glimpse));
    this.#unread.push({ delivery: kept, at: Date.now() });
    this.#bytesUnread += delivery.content.length;
    if (this.options.wanted()) this.read();
    while (this.#bytesUnread > MOST_BYTES_UNREAD) {
      this.#bytesUnread -= this.#unread.shift()?.delivery.content.length ?? 0;
      this.#leftOut = true;
    }
  }

  #interrupt(): void {
    // It was told before what is missing now.
    this.#emptied();
    this.options.interrupted();
  }

  #emptied(): readonly Arrived[] {
    const unread = this.#unread;
    this.#unread = [];
    this.#bytesUnread = 0;
    this.#leftOut = false;
    return unread;
  }

  #each(delivery: Delivery, read: Read): void {
    try {
      for (const single of singlesOf(delivery)) this.#one(single, read);
    } catch (error) {
      this.#unheard(delivery, error);
    }
  }

  #one({ json, delivery }: Single, read: Read): void {
    const { broker, service } = this.options;
    try {
      const glimpse = glimpseOf(json);
      const type = this.#types.get(glimpse.type);
      if (!type) return;
      const wrong = broker.account !== undefined && wrongSenderOf(type, service, delivery.properties);
      if (wrong) throw wrong;
      read(json, type, glimpse);
    } catch (error) {
      this.#unheard(delivery, error);
    }
  }

  /** Its consumers keep what is wrong with it as a dead letter. */
  #unheard({ properties }: Delivery, error: unknown): void {
    this.options.broker.logger.warn(
      { messageId: properties.messageId, type: properties.type, error: messageOf(error) },
      'an event was not heard',
    );
  }
}

/** What is done with an event whose sender may send it. */
type Read = (json: unknown, type: EventType, glimpse: Glimpse) => void;

function glimpseOf(json: unknown): Glimpse {
  const glimpse = Glimpse.safeParse(json);
  if (!glimpse.success) throw new Unprocessable(`the envelope is not valid: ${issuesOf(glimpse.error)}`);
  return glimpse.data;
}

const itsOwn = (args: Record<string, unknown>): Options.AssertQueue => ({
  exclusive: true,
  autoDelete: true,
  durable: false,
  arguments: args,
});

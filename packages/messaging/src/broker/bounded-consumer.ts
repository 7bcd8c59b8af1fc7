import { type Logger, messageOf } from '@comanda/kit';
import type { Channel, ConsumeMessage } from 'amqplib';
import { metrics } from '../metrics.js';
import type { Delivery, DeliveryChannel } from './transport.js';

/** How many bytes of bodies a consumer holds at most; a message that alone has more is held alone. */
export const MAX_BYTES_IN_HAND = 64 * 1024 * 1024;

export interface BoundedConsumerOptions {
  readonly channel: Channel;
  readonly queue: string;
  /** How many messages may be out and not acked, as long as they are small. */
  readonly prefetch: number;
  /** Called when the broker ends the consumption: its queue was deleted, say. */
  readonly onCancelled: () => void;
  readonly logger: Logger;
}

/**
 * Consumes a queue on one channel, and bounds what its deliveries take of the memory. The broker counts messages, not
 * their bytes. So a delivery for which there is no room goes back into the queue, and when the hand is empty the consumer
 * asks for only so many at once as fit. After enough small ones in a row it asks for the whole prefetch again.
 */
export class BoundedConsumer implements DeliveryChannel {
  /** The sizes of what is in hand by delivery tag, in the order in which they came. */
  readonly #inHand = new Map<number, number>();
  #bytes = 0;
  /** Of what came lately. */
  #largest = 1;
  #smallInARow = 0;
  /** What was asked for. */
  #prefetch = 0;
  #consumerTag = '';
  #startingOver = false;
  #stopped = false;
  #receive: (delivery: Delivery) => void = () => {};
  #emptied: () => void = () => {};

  constructor(private readonly options: BoundedConsumerOptions) {
    options.channel.on('close', () => this.#letGoUpTo(Number.POSITIVE_INFINITY));
  }

  async start(receive: (delivery: Delivery) => void): Promise<void> {
    this.#receive = receive;
    await this.#consume();
  }

  /** Asks for nothing new; what is in hand can still be acked. */
  async cancel(): Promise<void> {
    this.#stopped = true;
    await this.options.channel.cancel(this.#consumerTag);
  }

  ackUpTo(deliveryTag: number): void {
    this.options.channel.ack(tagged(deliveryTag), true);
    this.#letGoUpTo(deliveryTag);
  }

  giveBack(deliveryTag: number): void {
    this.options.channel.nack(tagged(deliveryTag), false, true);
    this.#letGo(deliveryTag);
  }

  onLost(listener: () => void): void {
    this.options.channel.on('close', listener);
  }

  async #consume(): Promise<void> {
    const { channel, queue, onCancelled } = this.options;
    this.#prefetch = this.#fitting;
    await channel.prefetch(this.#prefetch);
    const { consumerTag } = await channel.consume(queue, (delivery) =>
      delivery === null ? onCancelled() : this.#delivered(delivery),
    );
    this.#consumerTag = consumerTag;
  }

  #delivered(delivery: Delivery): void {
    const { deliveryTag } = delivery.fields;
    const size = delivery.content.length;
    this.#note(size);
    const hasRoom = this.#inHand.size === 0 || this.#bytes + size <= MAX_BYTES_IN_HAND;
    if (hasRoom) {
      this.#take(deliveryTag, size);
      this.#receive(delivery);
    } else this.giveBack(deliveryTag);
    if (!hasRoom || this.#fitting > this.#prefetch) void this.#startOver();
  }

  /** How many messages fit into the hand when all are as large as the largest. */
  get #fitting(): number {
    return Math.max(1, Math.min(this.options.prefetch, Math.floor(MAX_BYTES_IN_HAND / this.#largest)));
  }

  #note(size: number): void {
    const { prefetch } = this.options;
    this.#largest = Math.max(this.#largest, size);
    this.#smallInARow = size * prefetch <= MAX_BYTES_IN_HAND ? this.#smallInARow + 1 : 0;
    if (this.#smallInARow >= prefetch) this.#largest = Math.max(1, size);
  }

  async #startOver(): Promise<void> {
    if (this.#startingOver || this.#stopped) return;
    this.#startingOver = true;
    const { channel, queue, logger } = this.options;
    try {
      await channel.cancel(this.#consumerTag);
      if (this.#inHand.size > 0) await new Promise<void>((resolve) => (this.#emptied = resolve));
      this.#startingOver = false;
      if (this.#stopped) return;
      await this.#consume();
      logger.info({ queue, prefetch: this.#prefetch }, 'takes so many messages at once from now on');
    } catch (error) {
      // The channel is gone, and this consumer with it.
      logger.debug({ queue, error: messageOf(error) }, 'the consumer did not start over');
    }
  }

  #take(deliveryTag: number, size: number): void {
    this.#inHand.set(deliveryTag, size);
    this.#bytes += size;
    metrics.bytesInHand.inc(size);
  }

  #letGoUpTo(last: number): void {
    for (const deliveryTag of this.#inHand.keys()) {
      if (deliveryTag > last) return;
      this.#letGo(deliveryTag);
    }
  }

  #letGo(deliveryTag: number): void {
    const size = this.#inHand.get(deliveryTag);
    if (size === undefined) return;
    this.#inHand.delete(deliveryTag);
    this.#bytes -= size;
    metrics.bytesInHand.dec(size);
    if (this.#inHand.size === 0) this.#emptied();
  }
}

/** amqplib asks for a message and uses its tag alone. */
const tagged = (deliveryTag: number) => ({ fields: { deliveryTag } }) as ConsumeMessage;

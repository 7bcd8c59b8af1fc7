import type { Logger } from '@comanda/kit';
import type { Channel } from 'amqplib';
import { BoundedConsumer } from './bounded-consumer.js';
import type { Broker } from './broker.js';
import type { Publisher } from './publisher.js';
import type { ReopeningChannel } from './reopening-channel.js';
import { declareQueue, declareRetryQueues, topologyFor } from './topology.js';
import type {
  ConsumedQueue,
  Consumption,
  Delivery,
  DeliveryChannel,
  Outgoing,
  Transport,
} from './transport.js';

/** How often a consumer declares what is its own again: a binding or a retry queue may have been deleted. */
const DECLARE_AGAIN_MS = 10_000;

export interface AmqpTransportOptions {
  /** Where deliveries and acks travel. */
  readonly incoming: Broker;
  /** Publishes over another connection. */
  readonly publisher: Publisher;
  readonly logger: Logger;
}

/** RabbitMQ. */
export class AmqpTransport implements Transport {
  constructor(private readonly options: AmqpTransportOptions) {}

  get unhealthyReason(): string | undefined {
    return this.options.publisher.unhealthyReason;
  }

  ready(): Promise<void> {
    return this.options.publisher.ready();
  }

  publish(message: Outgoing): Promise<void> {
    return this.options.publisher.publish(message);
  }

  consume(
    queue: ConsumedQueue,
    open: (channel: DeliveryChannel) => (delivery: Delivery) => void,
  ): Consumption {
    return new AmqpConsumption({ ...this.options, ...queue, open });
  }
}

type AmqpConsumptionOptions = AmqpTransportOptions &
  ConsumedQueue & { readonly open: (channel: DeliveryChannel) => (delivery: Delivery) => void };

class AmqpConsumption implements Consumption {
  readonly #channel: ReopeningChannel;
  #consumer: BoundedConsumer | undefined;
  #cancelled = false;

  constructor(private readonly options: AmqpConsumptionOptions) {
    const { incoming, queue, prefetch, open, logger } = options;
    this.#channel = incoming.openReopeningChannel('consume', async (channel) => {
      await topologyFor(incoming)(channel);
      if (incoming.account === undefined) await this.#keepDeclared(channel);
      const onCancelled = () => this.#cancelledByBroker(channel);
      const consumer = new BoundedConsumer({ channel, queue, prefetch, onCancelled, logger });
      this.#consumer = consumer;
      await consumer.start(open(consumer));
    });
  }

  ready(): Promise<void> {
    return this.#channel.ready();
  }

  async cancel(): Promise<void> {
    this.#cancelled = true;
    // A channel that is lost from now on stays lost: opened again, it would take messages that nobody handles.
    this.#channel.stop();
    if (!this.#channel.current) return;
    await this.#consumer?.cancel().catch(() => undefined); // lost meanwhile: cancelled all the same
  }

  close(): Promise<void> {
    // Answered after the last acks were taken; the end of the whole connection could overtake them.
    return this.#channel.close();
  }

  async #keepDeclared(channel: Channel): Promise<void> {
    await this.#declare(channel);
    // An error in it closes the channel, which is logged.
    const again = setInterval(() => void this.#declare(channel).catch(() => undefined), DECLARE_AGAIN_MS);
    again.unref();
    channel.on('close', () => clearInterval(again));
  }

  async #declare(channel: Channel): Promise<void> {
    const { queue, types, retrySeconds } = this.options;
    await declareQueue(channel, queue, types);
    await declareRetryQueues(channel, queue, retrySeconds);
  }

  /** The broker cancelled the consumer (its queue was deleted, say): a new channel declares everything anew. */
  #cancelledByBroker(channel: Channel): void {
    if (this.#cancelled) return;
    const { queue, logger } = this.options;
    logger.error({ queue }, 'the broker cancelled the consumer, starting it again');
    channel
      .close()
      .catch((error: Error) => logger.warn({ error: error.message }, 'channel did not close cleanly'));
  }
}

import { type ChannelModel, type ConfirmChannel, connect, type GetMessage, type Options } from 'amqplib';

/** Written out here, so that the tests do not take it from the code under test. */
const EXCHANGE = 'comanda.events';

/** A plain view of the broker by amqplib alone, without any code under test. */
export class RawBroker {
  private constructor(
    private readonly connection: ChannelModel,
    private readonly channel: ConfirmChannel,
  ) {}

  static async open(url: string): Promise<RawBroker> {
    const connection = await connect(url);
    connection.on('error', () => undefined); // tests that stop the broker know it
    const channel = await connection.createConfirmChannel();
    channel.on('error', () => undefined);
    return new RawBroker(connection, channel);
  }

  /** Publishes to a service's exchange and waits for all confirms. */
  async publish(
    messages: readonly { id: string; type: string; body: Buffer; options?: Options.Publish }[],
    options: Options.Publish = {},
  ): Promise<void> {
    for (const { id, type, body, options: own } of messages)
      this.channel.publish(EXCHANGE, type, body, {
        messageId: id,
        type,
        persistent: true,
        ...options,
        ...own,
      });
    await this.channel.waitForConfirms();
  }

  async send(queue: string, body: Buffer, options: Options.Publish = {}): Promise<void> {
    this.channel.sendToQueue(queue, body, { persistent: true, ...options });
    await this.channel.waitForConfirms();
  }

  /** How many messages are ready; those in a consumer's hands don't count. */
  async ready(queue: string): Promise<number> {
    return (await this.channel.checkQueue(queue)).messageCount;
  }

  async consumers(queue: string): Promise<number> {
    return (await this.channel.checkQueue(queue)).consumerCount;
  }

  /** Takes everything that is ready. */
  async drain(queue: string): Promise<GetMessage[]> {
    const messages: GetMessage[] = [];
    for (;;) {
      const message = await this.channel.get(queue, { noAck: true });
      if (!message) return messages;
      messages.push(message);
    }
  }

  /** Takes all events that are ready, one by one, whether they came alone or in frames. */
  async events(queue: string): Promise<{ id: string; data: Record<string, unknown> }[]> {
    return (await this.drain(queue)).flatMap(({ content }) => JSON.parse(content.toString('utf8')));
  }

  /** Takes the one message of a queue and gives it back, until it does not come any more. */
  async wearOut(queue: string): Promise<number> {
    for (let times = 0; ; times++) {
      const message = await this.channel.get(queue);
      if (!message) return times;
      this.channel.nack(message, false, true);
      await this.channel.checkQueue(queue); // an answer on this channel: the nack was taken
    }
  }

  async exists(queue: string): Promise<boolean> {
    const channel = await this.connection.createChannel();
    channel.on('error', () => undefined);
    try {
      await channel.checkQueue(queue);
      await channel.close();
      return true;
    } catch {
      return false;
    }
  }

  /** A queue of our own that is bound to these types. */
  async listen(queue: string, types: readonly string[]): Promise<void> {
    await this.channel.assertExchange(EXCHANGE, 'topic', { durable: true });
    await this.channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    for (const type of types) await this.channel.bindQueue(queue, EXCHANGE, type);
  }

  async bind(queue: string, types: readonly string[]): Promise<void> {
    for (const type of types) await this.channel.bindQueue(queue, EXCHANGE, type);
  }

  async declare(queue: string, options: Options.AssertQueue): Promise<void> {
    await this.channel.assertQueue(queue, options);
  }

  async delete(...queues: readonly string[]): Promise<void> {
    for (const queue of queues) await this.channel.deleteQueue(queue);
  }

  async declareExchange(type: string): Promise<void> {
    await this.channel.assertExchange(EXCHANGE, type, { durable: true });
  }

  async deleteExchange(): Promise<void> {
    await this.channel.deleteExchange(EXCHANGE);
  }

  async close(): Promise<void> {
    await this.connection.close().catch(() => undefined); // gone already, when the test stopped the broker
  }
}

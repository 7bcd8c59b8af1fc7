import { type Channel, type ChannelModel, connect } from 'amqplib';
import { until } from './until.js';

export const EXCHANGE = 'comanda.events';

/** A message as it went over the exchange, with its envelope read but not checked. */
export interface Seen {
  readonly routingKey: string;
  readonly body: Buffer;
  readonly envelope: {
    readonly id: string;
    readonly type: string;
    readonly source: string;
    readonly subject: string;
    readonly tenantid: string;
    readonly correlationid: string;
    readonly causationid?: string;
    readonly sequence?: number;
    readonly data: Record<string, unknown>;
  };
}

/** A connection to the broker beside the services: it sees every message and can publish anything. */
export class Wire {
  readonly seen: Seen[] = [];
  #open: { readonly connection: ChannelModel; readonly channel: Channel } | undefined;

  /** Sees everything that is published from now on. */
  async open(url: string): Promise<void> {
    const connection = await connect(url);
    connection.on('error', () => undefined); // the broker may be stopped under us
    const channel = await connection.createChannel();
    channel.on('error', () => undefined);
    this.#open = { connection, channel };
    const { queue } = await channel.assertQueue('', { exclusive: true });
    await channel.bindQueue(queue, EXCHANGE, '#');
    await channel.consume(
      queue,
      (message) => {
        if (message) this.#note(message.fields.routingKey, message.content);
      },
      { noAck: true },
    );
  }

  async close(): Promise<void> {
    await this.#open?.connection.close().catch(() => undefined); // gone already, when the test stopped the broker
    this.#open = undefined;
  }

  /** Messages about an order, in the order in which they were published. */
  about(orderId: string): Seen[] {
    return this.seen.filter(({ envelope }) => envelope.data.orderId === orderId);
  }

  /** The messages about an order, once there is one of each of these types. */
  async allOf(orderId: string, types: readonly string[]): Promise<Seen[]> {
    await until(`${types.join(', ')} of order ${orderId} went over the wire`, () =>
      types.every((type) => this.about(orderId).some(({ routingKey }) => routingKey === type)),
    );
    return this.about(orderId);
  }

  /** Publishes a message, as its sender would. */
  send(envelope: { readonly id: string; readonly type: string }, headers: object = {}): void {
    this.publish(envelope.type, JSON.stringify(envelope), { messageId: envelope.id, headers });
  }

  /** Publishes bytes as they are. */
  publish(routingKey: string, body: Buffer | string, properties: Record<string, unknown> = {}): void {
    this.#channel.publish(EXCHANGE, routingKey, Buffer.from(body), {
      persistent: true,
      contentType: 'application/cloudevents+json',
      type: routingKey,
      ...properties,
    });
  }

  get #channel(): Channel {
    if (!this.#open) throw new Error('nobody has tapped the wire');
    return this.#open.channel;
  }

  #note(routingKey: string, body: Buffer): void {
    try {
      const read: Seen['envelope'] | Seen['envelope'][] = JSON.parse(body.toString('utf8'));
      if (!Array.isArray(read)) this.seen.push({ routingKey, body, envelope: read });
      // Each event of a frame, as if it had come alone.
      else
        for (const envelope of read)
          this.seen.push({ routingKey, body: Buffer.from(JSON.stringify(envelope)), envelope });
    } catch {
      // Not everything that tests publish is JSON; what is broken on purpose is not looked for here.
    }
  }
}

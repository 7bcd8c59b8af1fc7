import { until } from '@comanda/kit';
import { type Channel, type ChannelModel, connect } from 'amqplib';
import { PATIENCE_MS } from './api.js';

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

  private constructor(
    private readonly connection: ChannelModel,
    private readonly channel: Channel,
  ) {}

  /** Sees everything that is published from now on. */
  static async tap(url: string): Promise<Wire> {
    const connection = await connect(url);
    connection.on('error', () => undefined); // the broker may be stopped under us
    const channel = await connection.createChannel();
    channel.on('error', () => undefined);
    const wire = new Wire(connection, channel);
    const { queue } = await channel.assertQueue('', { exclusive: true });
    await channel.bindQueue(queue, EXCHANGE, '#');
    await channel.consume(
      queue,
      (message) => {
        if (message) wire.#note(message.fields.routingKey, message.content);
      },
      { noAck: true },
    );
    return wire;
  }

  async close(): Promise<void> {
    await this.connection.close().catch(() => undefined);
  }

  /** Messages about an order, in the order in which they were published. */
  about(orderId: string): Seen[] {
    return this.seen.filter(({ envelope }) => envelope.data.orderId === orderId);
  }

  /** The messages about an order, once there is one of each of these types. */
  async allOf(orderId: string, types: readonly string[]): Promise<Seen[]> {
    await until(
      `${types.join(', ')} of order ${orderId} went over the wire`,
      async () => types.every((type) => this.about(orderId).some(({ routingKey }) => routingKey === type)),
      PATIENCE_MS,
    );
    return this.about(orderId);
  }

  /** Publishes bytes as they are. */
  publish(routingKey: string, body: Buffer | string, properties: Record<string, unknown> = {}): void {
    this.channel.publish(EXCHANGE, routingKey, Buffer.from(body), {
      persistent: true,
      contentType: 'application/cloudevents+json',
      type: routingKey,
      ...properties,
    });
  }

  #note(routingKey: string, body: Buffer): void {
    try {
      this.seen.push({ routingKey, body, envelope: JSON.parse(body.toString('utf8')) });
    } catch {
      // Not everything that tests publish is JSON; what is broken on purpose is not looked for here.
    }
  }
}

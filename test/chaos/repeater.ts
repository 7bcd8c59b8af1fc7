import { CONSUMING_SERVICES, typesFor } from '@comanda/contracts';
import { type Logger } from '@comanda/kit';
import { Broker, EXCHANGE, Publisher } from '@comanda/messaging';
import type { ConsumeMessage } from 'amqplib';
import { Random } from './random.js';

/** As many of the latest, and as many of all that came before. */
const REMEMBERED = 3_000;
const SILENT: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/**
 * Listens to everything that is published, and can publish it again as it was. What it listens with is a queue of
 * its own that goes with its connection; when that is lost, what is published until the next one is missed.
 */
export class Repeater {
  /** Copies that the broker took, counted once for each queue that they went to. */
  repeated = 0;
  readonly #broker: Broker;
  readonly #publisher: Publisher;
  readonly #latest: ConsumeMessage[] = [];
  /** A fair sample of all that is older. */
  readonly #older: ConsumeMessage[] = [];
  #seen = 0;
  readonly #copied = new Set<string>();
  readonly #chance = new Random(1);

  constructor(url: string) {
    this.#broker = new Broker(url, 'chaos:repeater', SILENT);
    this.#publisher = new Publisher(this.#broker);
    this.#broker.openReopeningChannel('listen', async (channel) => {
      const { queue } = await channel.assertQueue('', { exclusive: true });
      await channel.bindQueue(queue, EXCHANGE, '#');
      await channel.consume(queue, (message) => message && this.#note(message), { noAck: true });
    });
  }

  close(): Promise<void> {
    return this.#broker.close();
  }

  /** The messages that came last, oldest first. */
  latest(count: number): readonly ConsumeMessage[] {
    return this.#latest.slice(-count);
  }

  /** Messages from any time since the start, oldest first. */
  some(count: number, random: Random): readonly ConsumeMessage[] {
    const all = [...this.#older, ...this.#latest];
    const chosen = new Set(random.shuffled(all).slice(0, count));
    return all.filter((message) => chosen.has(message));
  }

  /** Publishes copies, as soon as there is a broker; those that it does not take then are left out. */
  async repeat(
    messages: readonly ConsumeMessage[],
    way: 'the exchange' | 'one queue each',
    random: Random,
  ): Promise<void> {
    await this.#publisher.ready();
    for (const message of messages) {
      const { properties, fields, content } = message;
      const messageId = String(properties.messageId);
      this.#copied.add(messageId);
      const readers = CONSUMING_SERVICES.filter(({ name }) => typesFor(name).includes(fields.routingKey));
      const to =
        way === 'the exchange'
          ? { exchange: EXCHANGE, routingKey: fields.routingKey }
          : { exchange: '', routingKey: random.pick(readers).queues.messages };
      const { contentType, type, replyTo, correlationId, timestamp, headers } = properties;
      const options = { contentType, type, replyTo, correlationId, timestamp, headers };
      await this.#publisher.publish({ ...to, body: content, messageId, options }).then(
        () => {
          this.repeated += way === 'the exchange' ? readers.length : 1;
        },
        () => undefined, // the broker is down or blocked: so is this copy
      );
    }
  }

  #note(message: ConsumeMessage): void {
    // Copies are not copied again.
    if (this.#copied.has(String(message.properties.messageId))) return;
    this.#latest.push(message);
    const oldest = this.#latest.length > REMEMBERED ? this.#latest.shift() : undefined;
    if (!oldest) return;
    this.#seen += 1;
    const place =
      this.#older.length < REMEMBERED ? this.#older.length : this.#chance.between(0, this.#seen - 1);
    if (place < REMEMBERED) this.#older[place] = oldest;
  }
}

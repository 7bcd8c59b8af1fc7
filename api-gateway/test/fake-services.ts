import {
  accept,
  CONSUMING_SERVICES,
  type ConsumerName,
  type Envelope,
  GetProducts,
  newId,
  type ProductView,
  type Reply,
  refuse,
} from '@comanda/contracts';
import { until } from '@comanda/kit';
import {
  calledService,
  declareTopology,
  QUERY_QUEUE_OPTIONS,
  queriesOf,
  queryQueuePrefix,
  queueOf,
  ROLL_EXCHANGE,
} from '@comanda/messaging';
import { type Channel, type ChannelModel, type ConsumeMessage, connect } from 'amqplib';

type Answering = (envelope: Envelope, reply: (reply: Reply) => void) => void;

const MARKER = 'test.marker';

/** Stands in for the services behind the gateway: on their queues, with the answers that a test gives. */
export class FakeServices {
  /** Every command and query that arrived, oldest first. */
  readonly received: Envelope[] = [];
  readonly #markers = new Set<string>();
  readonly #answers = new Map<string, Answering>();
  readonly #consumers = new Map<ConsumerName, string>();

  #open: { readonly connection: ChannelModel; readonly channel: Channel } | undefined;

  async connect(url: string): Promise<void> {
    const connection = await connect(url);
    connection.on('error', () => undefined); // a test that stops the broker expects it
    this.#open = { connection, channel: await connection.createChannel() };
    await declareTopology(this.#channel);
    for (const { name: service } of CONSUMING_SERVICES) {
      await this.comeBack(service);
      await this.#takeCommands(service);
    }
  }

  /** Answers this type so from now on. Types without an answer are met with silence. */
  answer(type: string, answering: (envelope: Envelope) => Reply | 'silence'): void {
    this.#answers.set(type, (envelope, reply) => {
      const answer = answering(envelope);
      if (answer !== 'silence') reply(answer);
    });
  }

  /** Hands the means to answer to the test, for questions whose answer takes its time. */
  answerLater(type: string, asked: (reply: (reply: Reply) => void) => void): void {
    this.#answers.set(type, (_, reply) => asked(reply));
  }

  commands(type: string): Envelope[] {
    return this.received.filter((envelope) => envelope.type === type);
  }

  /** Waits until everything has arrived that was sent before: what was put behind it in each queue is there. */
  async caughtUp(): Promise<void> {
    const markers = CONSUMING_SERVICES.map(({ name: service }) => ({ service, id: newId() }));
    for (const { service, id } of markers)
      this.#channel.sendToQueue(queueOf(service), Buffer.from(JSON.stringify({ type: MARKER, id })));
    await until('all services have caught up', () => markers.every(({ id }) => this.#markers.has(id)));
  }

  /** A service that is stopped: with its last consumer its queue of questions goes, too. */
  async goAway(service: ConsumerName): Promise<void> {
    const tag = this.#consumers.get(service);
    if (tag !== undefined) await this.#channel.cancel(tag);
    this.#consumers.delete(service);
  }

  async comeBack(service: ConsumerName): Promise<void> {
    const queue = queryQueuePrefix(service) + newId();
    await this.#channel.assertQueue(queue, QUERY_QUEUE_OPTIONS);
    const { consumerTag } = await this.#channel.consume(
      queue,
      (message) => {
        if (message && calledService(message.properties)) this.#reply(message, accept({ queue }));
        else this.#take(message);
      },
      { noAck: true },
    );
    this.#consumers.set(service, consumerTag);
    await this.#channel.bindQueue(queue, ROLL_EXCHANGE, queriesOf(service));
  }

  async close(): Promise<void> {
    await this.#open?.connection.close().catch(() => undefined); // already gone with its broker
  }

  get #channel(): Channel {
    if (!this.#open) throw new Error('the services are not connected');
    return this.#open.channel;
  }

  async #takeCommands(service: ConsumerName): Promise<void> {
    await this.#channel.consume(queueOf(service), (message) => this.#take(message), { noAck: true });
  }

  #take(message: ConsumeMessage | null): void {
    if (!message) return;
    // A frame has several.
    const content = JSON.parse(message.content.toString()) as Envelope | Envelope[];
    for (const envelope of [content].flat()) this.#takeOne(envelope, message);
  }

  #takeOne(envelope: Envelope, message: ConsumeMessage): void {
    if (envelope.type === MARKER) {
      this.#markers.add(envelope.id);
      return;
    }
    this.received.push(envelope);
    this.#answers.get(envelope.type)?.(envelope, (reply) => this.#reply(message, reply));
  }

  #reply({ properties: { replyTo, correlationId } }: ConsumeMessage, reply: Reply): void {
    if (typeof replyTo !== 'string') return;
    this.#channel.sendToQueue(replyTo, Buffer.from(JSON.stringify(reply)), { correlationId });
  }
}

/** Deletes the queues of all services, with whatever another test left in them. */
export async function clearQueues(url: string): Promise<void> {
  const connection = await connect(url);
  const channel = await connection.createChannel();
  for (const { queues } of CONSUMING_SERVICES) {
    await channel.deleteQueue(queues.messages);
  }
  await connection.close();
}

/** How products-service answers `products.getMany`: with what `viewOf` says of each product that there is. */
export const productsOf =
  (viewOf: (productId: string) => ProductView | undefined) =>
  ({ data }: Envelope): Reply => {
    const { productIds } = GetProducts.data.parse(data);
    return accept({ items: productIds.flatMap((productId) => viewOf(productId) ?? []) });
  };

export const notFound = (code: 'UNKNOWN_ORDER' | 'UNKNOWN_PRODUCT' | 'UNKNOWN_SUBSCRIPTION') => (): Reply =>
  refuse(404, code, 'There is no such thing.');

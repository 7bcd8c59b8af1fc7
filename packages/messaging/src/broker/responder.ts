import {
  accept,
  type DataOf,
  type Message,
  newId,
  type QueryType,
  Reply,
  refuse,
  type ServiceName,
} from '@comanda/contracts';
import { type Logger, withTimeout } from '@comanda/kit';
import { isOutage } from '@comanda/storage';
import type { ConsumeMessage } from 'amqplib';
import type { Broker } from './broker.js';
import type { ReopeningChannel } from './reopening-channel.js';
import { answer } from './reply.js';
import { calledService, QUERY_QUEUE_OPTIONS, queryQueuePrefix, ROLL_EXCHANGE } from './roll.js';
import { type WrongSender, wrongSenderOf } from './senders.js';
import { queriesOf } from './topology.js';
import type { Transport } from './transport.js';
import { correlationIdIn, incoming, issuesOf } from './wire.js';

/** How long stop() waits for questions that are being answered. */
const LAST_ANSWERS_MS = 3_000;

/** Answers one kind of question from what is committed. */
export interface QueryHandler {
  readonly query: QueryType;
  answer(message: Message<DataOf<QueryType>>): Promise<unknown>;
}

export interface ResponderOptions {
  readonly service: ServiceName;
  /** By the type of the query. */
  readonly queries: ReadonlyMap<string, QueryHandler>;
  readonly broker: Broker;
  /** Carries the answers. */
  readonly transport: Pick<Transport, 'publish' | 'ready'>;
  readonly logger: Logger;
}

/**
 * Answers queries from a queue of its own, which goes when it goes, so a caller learns at once that it is unavailable; where
 * that queue is, it tells whoever calls the roll. A query that is lost with it is simply sent again.
 */
export class Responder {
  readonly #channel: ReopeningChannel;
  readonly #underWay = new Set<Promise<void>>();
  #consumerTag = '';

  constructor(private readonly options: ResponderOptions) {
    const { service, broker, transport, logger } = options;
    this.#channel = broker.openReopeningChannel('queries', async (channel) => {
      // Answers go over another connection. A question that is taken before that one is back would never be answered;
      // without its queue whoever asks learns at once that nobody does.
      await transport.ready();
      const queue = queryQueuePrefix(service) + newId();
      await channel.assertQueue(queue, QUERY_QUEUE_OPTIONS);
      const consume = (delivery: ConsumeMessage | null) => {
        if (delivery) this.#take(delivery, queue);
        else
          channel
            .close()
            .catch((error: Error) => logger.warn({ error: error.message }, 'channel did not close cleanly'));
      };
      const { consumerTag } = await channel.consume(queue, consume, { noAck: true });
      this.#consumerTag = consumerTag;
      await channel.bindQueue(queue, ROLL_EXCHANGE, queriesOf(service));
    });
  }

  ready(): Promise<void> {
    return this.#channel.ready();
  }

  async stop(): Promise<void> {
    this.#channel.stop();
    // With the consumer the queue goes; what was delivered before is answered.
    await this.#channel.current?.cancel(this.#consumerTag).catch(() => undefined); // lost meanwhile: gone all the same
    // A query that is not answered changes nothing: one that takes too long does not keep the service from stopping.
    await withTimeout(Promise.all(this.#underWay), LAST_ANSWERS_MS, 'the last answers').catch(
      () => undefined,
    );
    await this.#channel.close();
  }

  #take(delivery: ConsumeMessage, queue: string): void {
    const isRollCall = calledService(delivery.properties) !== undefined;
    const reply = isRollCall ? Promise.resolve(accept({ queue })) : this.#reply(delivery);
    const done = reply
      .then((reply) => answer(this.options, delivery, reply))
      .finally(() => this.#underWay.delete(done));
    this.#underWay.add(done);
  }

  #wrongSender(query: QueryType, { properties }: ConsumeMessage): WrongSender | undefined {
    const { broker, service } = this.options;
    return broker.account === undefined ? undefined : wrongSenderOf(query, service, properties);
  }

  async #reply(delivery: ConsumeMessage): Promise<Reply> {
    try {
      const envelope = incoming(delivery.content);
      const handler = this.options.queries.get(envelope.type);
      // Who asks is newer than this service, which is about to be replaced.
      if (!handler)
        return refuse(503, 'UNKNOWN_QUERY', 'The service that was asked does not know this question yet.');
      const wrongSender = this.#wrongSender(handler.query, delivery);
      if (wrongSender) return refuse(403, 'WRONG_SENDER', wrongSender.message);
      const data = handler.query.data.safeParse(envelope.data);
      if (!data.success) return refuse(400, 'INVALID_QUERY', issuesOf(data.error));
      const reply = (await handler.answer({ ...envelope, data: data.data })) as Reply;
      return reply.ok ? { ok: true, result: handler.query.result.parse(reply.result) } : reply;
    } catch (error) {
      // Nest hands on what an RpcException holds: a refusal that was thrown instead of returned.
      const refused = Reply.safeParse(error);
      if (refused.success) return refused.data;
      this.options.logger.error(
        {
          messageId: delivery.properties.messageId,
          type: delivery.properties.type,
          correlationId: correlationIdIn(delivery.content),
          error: String(error),
          stack: error instanceof Error ? error.stack : undefined,
        },
        'query failed',
      );
      return isOutage(error)
        ? refuse(503, 'STORAGE_UNAVAILABLE', 'This cannot be answered at the moment. Try again shortly.')
        : refuse(500, 'QUERY_FAILED', 'The question could not be answered.');
    }
  }
}

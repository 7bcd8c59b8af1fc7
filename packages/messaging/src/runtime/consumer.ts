import type { Message, ServiceName } from '@comanda/contracts';
import type { Logger } from '@comanda/kit';
import type { Channel, ConsumeMessage } from 'amqplib';
import type { Broker } from '../broker/broker.js';
import type { Outgoing, Publisher } from '../broker/publisher.js';
import type { ReopeningChannel } from '../broker/reopening-channel.js';
import {
  declareQueue,
  declareRetryQueues,
  declareTopology,
  queueOf,
  type RetrySchedule,
  retryQueueOf,
} from '../broker/topology.js';
import { incoming, parsed } from '../broker/wire.js';
import { failpoint } from '../failpoints.js';
import { metrics } from '../metrics.js';
import type { Batcher, Outcome } from './batcher.js';
import { afterFailure, republishedTo } from './failure.js';
import { type Handler, Unprocessable } from './handler.js';
import { OrderedAcks } from './ordered-acks.js';
import { answer } from './reply.js';
import type { Task } from './task.js';

const MOVE_RETRY_MS = 500;
/** How often a consumer declares what is its own again: somebody may have taken a binding or a waiting queue away. */
const DECLARE_AGAIN_MS = 10_000;

export interface ConsumerOptions {
  readonly service: ServiceName;
  readonly handlers: ReadonlyMap<string, Handler>;
  readonly broker: Broker;
  readonly publisher: Publisher;
  readonly batcher: Batcher;
  /** How long a message waits before each further try. */
  readonly retrySeconds: RetrySchedule;
  readonly prefetch: number;
  readonly clock: () => Date;
  readonly logger: Logger;
}

/** Takes messages off the service's queue, has them decided, and acks each when everything it asked for is safe. */
export class Consumer {
  readonly #queue: string;
  readonly #channel: ReopeningChannel;
  #line: OrderedAcks | undefined;
  #consumerTag: string | undefined;
  #stopping = false;

  constructor(private readonly options: ConsumerOptions) {
    this.#queue = queueOf(options.service);
    this.#channel = options.broker.openReopeningChannel('consume', async (channel) => {
      await declareTopology(channel);
      await this.#declare(channel);
      // What goes wrong with it ends the channel, and that is said.
      const again = setInterval(() => void this.#declare(channel).catch(() => undefined), DECLARE_AGAIN_MS);
      again.unref();
      channel.on('close', () => clearInterval(again));
      await channel.prefetch(options.prefetch);
      const line = new OrderedAcks(channel);
      this.#line = line;
      const { consumerTag } = await channel.consume(this.#queue, (delivery) =>
        this.#delivered(channel, line, delivery),
      );
      this.#consumerTag = consumerTag;
    });
  }

  ready(): Promise<void> {
    return this.#channel.ready();
  }

  /** Takes nothing new, finishes what is in hand, acks it. */
  async stop(): Promise<void> {
    this.#stopping = true;
    // A channel that is lost from now on stays lost: opened again, it would take messages that nobody handles.
    this.#channel.stop();
    const channel = this.#channel.current;
    if (!channel || this.#consumerTag === undefined) return;
    await channel.cancel(this.#consumerTag).catch(() => undefined); // lost meanwhile: cancelled all the same
    await this.#line?.empty();
    // Answered after the last acks were taken; the end of the whole connection could overtake them.
    await this.#channel.close();
  }

  async #declare(channel: Channel): Promise<void> {
    const { handlers, retrySeconds } = this.options;
    await declareQueue(channel, this.#queue, [...handlers.keys()]);
    await declareRetryQueues(channel, this.#queue, retrySeconds);
  }

  #delivered(channel: Channel, line: OrderedAcks, delivery: ConsumeMessage | null): void {
    if (delivery === null) {
      if (this.#stopping) return;
      // The broker took the consumer away (its queue was deleted, say): a new channel declares everything anew.
      this.options.logger.error(
        { queue: this.#queue },
        'the broker cancelled the consumer, starting it again',
      );
      channel
        .close()
        .catch((error: Error) =>
          this.options.logger.warn({ error: error.message }, 'channel did not close cleanly'),
        );
      return;
    }
    // While stopping, what comes late is left for the next consumer.
    if (this.#stopping) {
      channel.nack(delivery, false, true);
      return;
    }
    const settle = line.enter(delivery.fields.deliveryTag);
    void this.#handle(line, delivery).then(settle);
  }

  async #handle(line: OrderedAcks, delivery: ConsumeMessage): Promise<void> {
    const task = this.#prepare(delivery);
    if (task === 'expired') return;
    const outcome: Outcome =
      task instanceof Error ? { kind: 'failed', error: task } : await this.options.batcher.decide(task);
    const type = String(delivery.properties.type ?? delivery.fields.routingKey);
    const counted = this.#counted(type);
    switch (outcome.kind) {
      case 'done':
        await outcome.published;
        failpoint('after-confirm', type);
        metrics.handled.inc({ type: counted, outcome: 'done' });
        if (outcome.reply) await answer(this.options, delivery, outcome.reply);
        return;
      case 'duplicate':
        metrics.handled.inc({ type: counted, outcome: 'duplicate' });
        return;
      case 'busy':
        // Look again in a moment: by then it is done, or its lock has run out.
        return this.#move(
          line,
          republishedTo(delivery, retryQueueOf(this.#queue, this.options.retrySeconds[0]), {}),
        );
      case 'failed':
        return this.#fail(line, delivery, outcome.error, type);
      case 'left':
        line.end(); // not acked, so the broker gives it out again
        return;
    }
  }

  /** A type as a metric's label: what strangers may write into a message must not make new series. */
  #counted(type: string): string {
    return this.options.handlers.has(type) ? type : 'unknown';
  }

  #prepare(delivery: ConsumeMessage): Task | Error | 'expired' {
    try {
      const envelope = incoming(delivery.content);
      if (envelope.expirytime !== undefined && envelope.expirytime < this.options.clock().toISOString()) {
        this.options.logger.info(
          { messageId: envelope.id, type: envelope.type },
          'nobody waits for this command any longer, not carried out',
        );
        return 'expired';
      }
      const handler = this.options.handlers.get(envelope.type);
      if (!handler) throw new Unprocessable(`${this.options.service} has no handler for ${envelope.type}`);
      return taskOf(handler, parsed(handler.on, envelope), delivery.fields.redelivered);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  async #fail(line: OrderedAcks, delivery: ConsumeMessage, error: unknown, type: string): Promise<void> {
    const { service, handlers, clock, retrySeconds, logger } = this.options;
    const handler = handlers.get(type)?.name ?? 'none';
    const next = afterFailure(
      { delivery, error, at: clock().toISOString(), queue: this.#queue, service, handler },
      retrySeconds,
    );
    const ids = {
      messageId: delivery.properties.messageId,
      type,
      handler,
      queue: next.message.routingKey,
      error: String(error),
    };
    if (next.kind === 'retry') logger.info(ids, 'message not handled yet, it will be tried again');
    else
      logger.error(
        { ...ids, stack: error instanceof Error ? error.stack : undefined },
        'message could not be handled, it is in the dead letters',
      );
    await this.#move(line, next.message);
    metrics.handled.inc({
      type: this.#counted(type),
      outcome: next.kind === 'retry' ? 'retried' : 'dead-lettered',
    });
    if (next.kind === 'dead-letter') {
      await answer(this.options, delivery, {
        ok: false,
        refusal: { status: 500, code: 'NOT_HANDLED', detail: 'The command could not be handled.' },
      });
    }
  }

  /**
   * Puts a message elsewhere, as often as it takes; when its channel ends first, the broker still has it here. While
   * stopping it is tried once: then it stays unacked, and with it what came after it, which the inbox knows.
   */
  async #move(line: OrderedAcks, message: Outgoing): Promise<void> {
    for (let tries = 0; !line.closed; tries++) {
      try {
        return await this.options.publisher.publish(message);
      } catch (error) {
        this.options.logger[tries === 0 ? 'warn' : 'debug'](
          { messageId: message.messageId, queue: message.routingKey, error: String(error) },
          'message not moved yet',
        );
        if (this.#stopping) return line.end();
        await new Promise((resolve) => setTimeout(resolve, MOVE_RETRY_MS));
      }
    }
  }
}

/** What a message asks its handler to decide. */
export function taskOf(handler: Handler, message: Message<unknown>, redelivered: boolean): Task {
  // The map of handlers is keyed by the very type whose schema parsed the message.
  const typed = message as Message<never>;
  const { thenNeeds } = handler;
  return {
    name: handler.name,
    type: message.type,
    cause: message,
    claim: { kind: 'inbox', redelivered },
    needs: () => handler.needs(typed),
    ...(thenNeeds && { thenNeeds: (rows) => thenNeeds(typed, rows as never) }),
    decide: (rows, context) => handler.decide(typed, rows as never, context),
  };
}

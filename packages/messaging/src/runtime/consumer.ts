import type { Envelope, Message, ServiceName } from '@comanda/contracts';
import type { Logger } from '@comanda/kit';
import { type Single, singlesOf } from '../broker/frame.js';
import { answer } from '../broker/reply.js';
import { wrongSenderOf } from '../broker/senders.js';
import { queueOf, type RetrySchedule, retryQueueOf } from '../broker/topology.js';
import type { Consumption, Delivery, DeliveryChannel, Outgoing, Transport } from '../broker/transport.js';
import { Unprocessable } from '../broker/unprocessable.js';
import { correlationIdIn, envelopeOf, messageIdOf, parsed, republishedTo } from '../broker/wire.js';
import { failpoint } from '../failpoints.js';
import { metrics } from '../metrics.js';
import type { Batcher, Outcome } from './batcher.js';
import { afterFailure } from './failure.js';
import type { Handler } from './handler.js';
import { OrderedAcks } from './ordered-acks.js';
import type { Timers } from './ports.js';
import { resultOf } from './result.js';
import type { Task } from './task.js';

const MOVE_RETRY_MS = 500;

export interface ConsumerOptions {
  readonly service: ServiceName;
  /** By the type of the message. */
  readonly handlers: ReadonlyMap<string, Handler>;
  readonly transport: Pick<Transport, 'consume' | 'publish'>;
  readonly batcher: Pick<Batcher, 'decideAll'>;
  /** How long a message waits before each further try. */
  readonly retrySeconds: RetrySchedule;
  readonly prefetch: number;
  /** Whether each message must name a sender who may send it: the broker vouches for the name. */
  readonly namedSenders?: boolean;
  readonly timers: Pick<Timers, 'now' | 'nextTurn' | 'sleep'>;
  readonly logger: Logger;
}

/** What became of an event, also when nothing had to be decided for that. */
type Settled = Outcome | { readonly kind: 'expired' };

/** Takes messages off the service's queue, has them decided, and acks each when everything it asked for is safe. */
export class Consumer {
  readonly #queue: string;
  readonly #consumption: Consumption;
  #acks: OrderedAcks | undefined;
  #stopping = false;

  constructor(private readonly options: ConsumerOptions) {
    const { service, handlers, retrySeconds, prefetch, timers } = options;
    this.#queue = queueOf(service);
    const queue = { queue: this.#queue, types: [...handlers.keys()], retrySeconds, prefetch };
    this.#consumption = options.transport.consume(queue, (channel) => {
      const acks = new OrderedAcks(channel, timers);
      this.#acks = acks;
      return (delivery) => this.#delivered(channel, acks, delivery);
    });
  }

  ready(): Promise<void> {
    return this.#consumption.ready();
  }

  /** Takes nothing new, finishes what is in hand, acks it. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#consumption.cancel();
    await this.#acks?.empty();
    await this.#consumption.close();
  }

  #delivered(channel: DeliveryChannel, acks: OrderedAcks, delivery: Delivery): void {
    const { deliveryTag } = delivery.fields;
    // While stopping, what comes late is left for the next consumer.
    if (this.#stopping) {
      channel.giveBack(deliveryTag);
      return;
    }
    const settle = acks.enter(deliveryTag);
    void this.#handle(acks, delivery).then(settle);
  }

  async #handle(acks: OrderedAcks, delivery: Delivery): Promise<void> {
    const read = resultOf(() => singlesOf(delivery));
    if (read.kind === 'threw') return this.#fail(acks, delivery, read.error);
    const prepared = read.value.map((single) => ({ ...single, step: this.#prepare(single) }));
    const tasks = prepared.map(({ step }) => step).filter(isTask);
    const outcomes = await this.#decide(delivery, read.value, tasks);
    // The message is tried again in a moment, as it came: by then it is done, or its lock has run out.
    if (outcomes.some(({ kind }) => kind === 'busy'))
      return this.#move(
        acks,
        republishedTo(delivery, retryQueueOf(this.#queue, this.options.retrySeconds[0]), {}),
      );
    const decided = new Map(tasks.map((task, at) => [task, outcomes[at]]));
    await Promise.all(
      prepared.map(({ delivery: single, step }) => {
        const outcome = isTask(step) ? decided.get(step) : step;
        if (outcome && isTask(step)) this.#tell(step, outcome);
        return outcome && this.#finish(acks, single, outcome);
      }),
    );
  }

  async #decide(
    delivery: Delivery,
    [first]: readonly Single[],
    tasks: readonly Task[],
  ): Promise<readonly Outcome[]> {
    const [task] = tasks;
    if (!task) return [];
    const id = first?.delivery === delivery ? task.cause.id : messageIdOf(delivery);
    return this.options.batcher.decideAll({ id, redelivered: delivery.fields.redelivered }, tasks);
  }

  /** The path of one message through all services, for who looks for it: `LOG_LEVEL=debug`. */
  #tell({ name: handler, type, cause }: Task, { kind: outcome }: Settled): void {
    const { id: messageId, correlationid: correlationId } = cause;
    this.options.logger.debug({ messageId, type, correlationId, handler, outcome }, 'message decided');
  }

  /** Does what is left to do for one event after its decision. */
  async #finish(acks: OrderedAcks, delivery: Delivery, outcome: Settled): Promise<void> {
    const type = typeOf(delivery);
    const counted = this.#counted(type);
    switch (outcome.kind) {
      case 'done':
        await outcome.published;
        failpoint('after-confirm', type);
        metrics.handled.inc({ type: counted, outcome: 'done' });
        if (outcome.reply) await answer(this.options, delivery, outcome.reply);
        return;
      case 'duplicate':
      case 'not-wanted':
        metrics.handled.inc({ type: counted, outcome: outcome.kind });
        return;
      case 'failed':
        return this.#fail(acks, delivery, outcome.error);
      case 'abandoned':
        acks.end(); // not acked, so the broker gives it out again
        return;
      default:
        return;
    }
  }

  /** A type as a metric's label: what strangers may write into a message must not make new series. */
  #counted(type: string): string {
    return this.options.handlers.has(type) ? type : 'unknown';
  }

  #prepare({ json, delivery }: Single): Task | Settled {
    try {
      const envelope = envelopeOf(json);
      if (
        envelope.expirytime !== undefined &&
        envelope.expirytime < this.options.timers.now().toISOString()
      ) {
        this.options.logger.info(
          { messageId: envelope.id, type: envelope.type, correlationId: envelope.correlationid },
          'nobody waits for this command any longer, not carried out',
        );
        return { kind: 'expired' };
      }
      const handler = this.options.handlers.get(envelope.type);
      if (!handler) throw new Unprocessable(`${this.options.service} has no handler for ${envelope.type}`);
      const wrongSender =
        this.options.namedSenders && wrongSenderOf(handler.on, this.options.service, delivery.properties);
      if (wrongSender) throw wrongSender;
      return taskOf(handler, envelope);
    } catch (error) {
      return { kind: 'failed', error };
    }
  }

  async #fail(acks: OrderedAcks, delivery: Delivery, error: unknown): Promise<void> {
    const { service, handlers, timers, retrySeconds, logger } = this.options;
    const type = typeOf(delivery);
    const handler = handlers.get(type)?.name ?? 'none';
    const next = afterFailure(
      { delivery, error, at: timers.now().toISOString(), queue: this.#queue, service, handler },
      retrySeconds,
    );
    const ids = {
      messageId: delivery.properties.messageId,
      type,
      correlationId: correlationIdIn(delivery.content),
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
    await this.#move(acks, next.message);
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
   * Publishes a message to another queue, and tries until that succeeds or its channel ends: then the broker still has it
   * here. While stopping it is tried once: then it stays unacked, and with it what came after it, which the inbox knows.
   */
  async #move(acks: OrderedAcks, message: Outgoing): Promise<void> {
    for (let tries = 0; !acks.closed; tries++) {
      try {
        return await this.options.transport.publish(message);
      } catch (error) {
        this.options.logger[tries === 0 ? 'warn' : 'debug'](
          {
            messageId: message.messageId,
            correlationId: correlationIdIn(message.body),
            queue: message.routingKey,
            error: String(error),
          },
          'message not moved yet',
        );
        if (this.#stopping) return acks.end();
        await this.options.timers.sleep(MOVE_RETRY_MS);
      }
    }
  }
}

const isTask = (step: Task | Settled): step is Task => 'claim' in step;

const typeOf = ({ properties, fields }: Delivery): string => String(properties.type ?? fields.routingKey);

/** What a message asks its handler to decide. Throws `Unprocessable`, at the latest when its needs are asked for. */
export function taskOf(handler: Handler, envelope: Envelope): Task {
  let read: Message<never> | undefined;
  // The schema is that of the very handler which gets the message.
  const message = () => (read ??= parsed(handler.on, envelope) as Message<never>);
  const { wanted, thenNeeds } = handler;
  if (!wanted) message();
  return {
    name: handler.name,
    type: envelope.type,
    cause: envelope,
    claim: { kind: 'inbox' },
    ...(wanted && {
      wanted: {
        needs: () => wanted.needs(envelope),
        by: (rows) => wanted.by(envelope, rows as never),
      },
    }),
    needs: () => handler.needs(message()),
    ...(thenNeeds && { thenNeeds: (rows) => thenNeeds(message(), rows as never) }),
    decide: (rows, context) => handler.decide(message(), rows as never, context),
  };
}

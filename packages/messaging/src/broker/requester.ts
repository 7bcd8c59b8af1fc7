import {
  accountOf,
  type CommandType,
  type DataOf,
  type Envelope,
  newId,
  type QueryType,
  Reply,
  type ResultOf,
  type ServiceName,
} from '@comanda/contracts';
import { errorOf, Gatherer, messageOf, TimedOut, withTimeout } from '@comanda/kit';
import type { ConsumeMessage } from 'amqplib';
import { z } from 'zod';
import type { Broker } from './broker.js';
import { framed, grouped, type Sent } from './frame.js';
import { publishWithTimeout } from './publish-with-timeout.js';
import { Publisher } from './publisher.js';
import { calledService, queryQueuePrefix, Roll, rollCall } from './roll.js';
import { topologyFor } from './topology.js';
import type { Outgoing } from './transport.js';
import { Unavailable } from './unavailable.js';
import { outgoing } from './wire.js';

/** What a request belongs to; it goes into the envelope. */
export interface RequestContext {
  readonly tenantId: string;
  readonly correlationId: string;
  readonly traceparent?: string;
  /** When whoever asked stops waiting, on the clock of `performance.now()`; it stays out of the envelope. */
  readonly deadline?: number;
}

/** With what it is about: the id of an aggregate. */
export type RequestOptions = RequestContext & { readonly subject: string };

/** What came back: the result, parsed by its schema, or why it was refused. */
export type Answer<T> = { readonly ok: true; readonly result: T } | Extract<Reply, { ok: false }>;

/** For how long an answer is waited for. */
type Waiting = RequestOptions & { readonly timeoutMs: number };

/** An answer that somebody waits for. */
interface Waited {
  readonly from: ServiceName;
  /** The queue of the instance that was asked, where it is a question for one alone. */
  queue?: string;
  look?: NodeJS.Timeout;
  readonly settle: (reply: Reply | Error) => void;
}

/** What one instance of a service is to answer. */
interface Question {
  readonly id: string;
  readonly service: ServiceName;
  readonly message: Outgoing;
  /** On the clock of `performance.now()`. */
  readonly deadline: number;
}

/** A command whose sender waits for the broker's confirm. */
interface WaitingCommand extends Sent {
  resolve(): void;
  reject(error: Error): void;
}

const RollAnswer = z.object({ result: z.object({ queue: z.string() }) });

/** An answer that takes longer than this is no usual one: perhaps who was asked has gone. */
const LOOK_AGAIN_MS = 500;

const DIRECT_REPLY = 'amq.rabbitmq.reply-to';

/**
 * Asks services over RabbitMQ and waits for the answer on direct reply-to; sends durable commands and waits for the
 * broker's confirm only.
 */
export class Requester {
  readonly #publisher: Publisher;
  readonly #waiting = new Map<string, Waited>();

  /** Who can be asked. */
  readonly #roll = new Roll((service) =>
    publishWithTimeout(this.#publisher, rollCall(service, DIRECT_REPLY, newId())),
  );

  /** Those that are sent in one turn of the event loop go together; none of them waits for a confirm of others. */
  readonly #commands = new Gatherer<WaitingCommand>(
    async (commands) => {
      for (const group of grouped(commands)) void this.#sendTogether(group);
    },
    { beforeFirst: () => new Promise((resolve) => setImmediate(resolve)) },
  );

  /** @param confirmed is told of each durable command that the broker has confirmed */
  constructor(
    private readonly source: ServiceName,
    private readonly broker: Broker,
    private readonly confirmed: (command: Sent) => void = () => undefined,
  ) {
    this.#publisher = new Publisher(broker, topologyFor(broker), async (channel) => {
      // Direct reply-to binds the answers to the channel of the question; with it they are gone.
      channel.on('close', () =>
        this.#fail(new Unavailable('broker', 'the connection was lost while waiting for an answer')),
      );
      await channel.consume(DIRECT_REPLY, (message) => message && this.#answered(message), { noAck: true });
    });
  }

  get unhealthyReason(): string | undefined {
    return this.#publisher.broker.unhealthyReason;
  }

  /** What an outbox publishes by. */
  get publisher(): Publisher {
    return this.#publisher;
  }

  ready(): Promise<void> {
    return this.#publisher.ready();
  }

  /**
   * Puts a command where it will not be lost. Resolves with the broker's confirm; throws `Unavailable`. After the
   * deadline nothing is sent.
   */
  async send<C extends CommandType>(command: C, data: DataOf<C>, options: RequestOptions): Promise<void> {
    const envelope = this.#envelope(command, data, options);
    const sent = { messageId: envelope.id, type: command.type, body: JSON.stringify(envelope) };
    const confirmed = () =>
      new Promise<void>((resolve, reject) => this.#commands.add({ ...sent, resolve, reject }));
    if (options.deadline === undefined) return confirmed();
    const waitMs = waitUntil(options.deadline, Number.POSITIVE_INFINITY, command);
    try {
      await withTimeout(confirmed(), waitMs, 'the confirm');
    } catch (error) {
      throw error instanceof TimedOut ? new Unavailable('broker', error.message) : error;
    }
  }

  /** Sends commands in one message; what becomes of it becomes of each of them. */
  async #sendTogether(commands: readonly [WaitingCommand, ...WaitingCommand[]]): Promise<void> {
    try {
      await publishWithTimeout(this.#publisher, framed(commands, newId));
      for (const { messageId, type, body, resolve } of commands) {
        this.confirmed({ messageId, type, body });
        resolve();
      }
    } catch (error) {
      for (const { reject } of commands) reject(errorOf(error));
    }
  }

  /**
   * Asks and waits, until the deadline at most. A command that is not begun within that time is not carried out; throws
   * `Unavailable`.
   */
  async ask<R extends CommandType | QueryType>(
    request: R,
    data: DataOf<R>,
    { timeoutMs: atMost, ...options }: Waiting,
  ): Promise<Answer<ResultOf<R>>> {
    const timeoutMs = waitUntil(options.deadline, atMost, request);
    const until = new Date(Date.now() + timeoutMs).toISOString();
    const envelope = { ...this.#envelope(request, data, options), expirytime: until };
    const body = { messageId: envelope.id, type: request.type, body: JSON.stringify(envelope) };
    const properties = { replyTo: DIRECT_REPLY, correlationId: envelope.id };
    const reply = this.#reply(envelope.id, timeoutMs, request);
    const sent =
      request.kind === 'command'
        ? publishWithTimeout(this.#publisher, outgoing(body, properties))
        : this.#question({
            id: envelope.id,
            service: request.to,
            message: outgoing(body, properties),
            deadline: performance.now() + timeoutMs,
          });
    sent.catch((error) => this.#settle(envelope.id, errorOf(error)));
    return parsed(request, await reply);
  }

  /** Puts a question to one instance of a service. One that is gone returns it, and the next one is asked. */
  async #question(question: Question): Promise<void> {
    const { id, service, message, deadline } = question;
    for (;;) {
      const queue = await this.#roll.next(service, Math.max(0, deadline - performance.now()));
      const left = Math.floor(deadline - performance.now());
      const waited = this.#waiting.get(id);
      if (left <= 0 || !waited) return; // its sender has been told that there was no answer
      waited.queue = queue;
      try {
        const options = { ...message.options, persistent: false, expiration: left };
        await publishWithTimeout(this.#publisher, { ...message, exchange: '', routingKey: queue, options });
        return this.#lookAgain(question, queue);
      } catch (error) {
        if (!isGone(error)) throw error;
        this.#roll.strike(service, queue);
      }
    }
  }

  /** What was on its way into a queue that went is lost without a word. So the question is put to another instance then. */
  #lookAgain(question: Question, queue: string): void {
    const { id, service } = question;
    const waited = this.#waiting.get(id);
    if (!waited) return; // it is answered
    waited.look = setTimeout(() => {
      const knock = { ...rollCall(service, DIRECT_REPLY, newId()), exchange: '', routingKey: queue };
      publishWithTimeout(this.#publisher, knock)
        .then(
          () => this.#lookAgain(question, queue),
          (error) => {
            if (!isGone(error)) throw error;
            this.#roll.strike(service, queue);
            return this.#question(question);
          },
        )
        .catch((error) => this.#settle(id, errorOf(error)));
    }, LOOK_AGAIN_MS);
  }

  /**
   * Sends a command that is carried out in any case, and waits for what becomes of it, until the deadline at most. When
   * there is no answer by then, but the broker has the command, it is `undefined`. Throws `Unavailable` when the broker is
   * not known to have it.
   */
  async carryOut<C extends CommandType>(
    command: C,
    data: DataOf<C>,
    { timeoutMs: atMost, ...options }: Waiting,
  ): Promise<Answer<ResultOf<C>> | undefined> {
    const timeoutMs = waitUntil(options.deadline, atMost, command);
    const envelope = this.#envelope(command, data, options);
    const sent = { messageId: envelope.id, type: command.type, body: JSON.stringify(envelope) };
    const message = outgoing(sent, { replyTo: DIRECT_REPLY, correlationId: envelope.id });
    let held = false;
    const reply = this.#reply(envelope.id, timeoutMs, command);
    void publishWithTimeout(this.#publisher, message).then(
      () => {
        held = true;
        this.confirmed(sent);
      },
      (error) => this.#settle(envelope.id, errorOf(error)),
    );
    try {
      return parsed(command, await reply);
    } catch (error) {
      if (held && error instanceof Unavailable) return undefined;
      throw error;
    }
  }

  #reply(
    id: string,
    timeoutMs: number,
    { type, to }: Pick<CommandType | QueryType, 'type' | 'to'>,
  ): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        // It may hang. When it does not, it answers the next roll call.
        const queue = this.#waiting.get(id)?.queue;
        if (queue !== undefined) this.#roll.strike(to, queue);
        this.#settle(id, new Unavailable('timeout', `no answer to ${type} within ${timeoutMs} ms`));
      }, timeoutMs);
      const settle = (reply: Reply | Error): void => {
        clearTimeout(timer);
        if (reply instanceof Error) reject(reply);
        else resolve(reply);
      };
      this.#waiting.set(id, { from: to, settle });
    });
  }

  #answered({ properties, content }: ConsumeMessage): void {
    const id = String(properties.correlationId);
    const { account } = this.broker;
    const called = calledService(properties);
    const from = called ?? this.#waiting.get(id)?.from;
    // Where each service has a user of its own, no other can answer in its place.
    if (account !== undefined && accountOf(String(properties.userId)) !== from) return;
    try {
      if (called !== undefined) this.#present(called, content);
      else this.#settle(id, Reply.parse(JSON.parse(content.toString('utf8'))));
    } catch (error) {
      if (called !== undefined)
        this.broker.logger.warn(
          { service: called, error: messageOf(error) },
          'an answer to a roll call is unreadable',
        );
      this.#settle(id, errorOf(error));
    }
  }

  #present(service: ServiceName, content: Buffer): void {
    const { queue } = RollAnswer.parse(JSON.parse(content.toString('utf8'))).result;
    if (queue.startsWith(queryQueuePrefix(service))) this.#roll.answered(service, queue);
  }

  #settle(id: string, reply: Reply | Error): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    clearTimeout(waiting?.look);
    waiting?.settle(reply);
  }

  #fail(error: Error): void {
    this.#roll.clear(error);
    for (const id of [...this.#waiting.keys()]) this.#settle(id, error);
  }

  #envelope(
    request: CommandType | QueryType,
    data: unknown,
    { tenantId, correlationId, traceparent, subject }: RequestOptions,
  ): Envelope {
    return {
      specversion: '1.0',
      id: newId(),
      type: request.type,
      source: this.source,
      time: new Date().toISOString(),
      subject,
      datacontenttype: 'application/json',
      dataschema: request.dataschema,
      tenantid: tenantId,
      correlationid: correlationId,
      ...(traceparent && { traceparent }),
      data: request.data.parse(data),
    };
  }
}

/** How long there is to wait. Throws `Unavailable` when there is no time left, and so nothing is sent. */
function waitUntil(deadline: number | undefined, atMost: number, { type }: CommandType | QueryType): number {
  if (deadline === undefined) return atMost;
  const left = Math.min(atMost, Math.floor(deadline - performance.now()));
  if (left > 0) return left;
  throw new Unavailable('timeout', `there is no time left for ${type}`);
}

function parsed<R extends CommandType | QueryType>(request: R, reply: Reply): Answer<ResultOf<R>> {
  return reply.ok ? { ok: true, result: request.result.parse(reply.result) as ResultOf<R> } : reply;
}

/** A message that was returned because its queue is no longer there. */
const isGone = (error: unknown): boolean => error instanceof Unavailable && error.reason === 'service';

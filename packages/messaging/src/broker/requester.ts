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
import { errorOf, Gatherer, TimedOut, withTimeout } from '@comanda/kit';
import type { ConsumeMessage } from 'amqplib';
import type { Broker } from './broker.js';
import { framed, grouped, type Sent } from './frame.js';
import { publishWithTimeout } from './publish-with-timeout.js';
import { Publisher } from './publisher.js';
import { queriesOf, topologyFor } from './topology.js';
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

/** A command whose sender waits for the broker's confirm. */
interface WaitingCommand extends Sent {
  resolve(): void;
  reject(error: Error): void;
}

const DIRECT_REPLY = 'amq.rabbitmq.reply-to';

/**
 * Asks services over RabbitMQ and waits for the answer on direct reply-to; sends durable commands and waits for the
 * broker's confirm only.
 */
export class Requester {
  readonly #publisher: Publisher;
  readonly #waiting = new Map<
    string,
    { readonly from: ServiceName; readonly settle: (reply: Reply | Error) => void }
  >();

  /** Those that are sent in one turn of the event loop go together; none of them waits for a confirm of others. */
  readonly #commands = new Gatherer<WaitingCommand>(
    async (commands) => {
      for (const group of grouped(commands)) void this.#sendTogether(group);
    },
    { beforeFirst: () => new Promise((resolve) => setImmediate(resolve)) },
  );

  constructor(
    private readonly source: ServiceName,
    private readonly broker: Broker,
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
      for (const { resolve } of commands) resolve();
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
    const question =
      request.kind === 'command'
        ? outgoing(body, properties)
        : {
            ...outgoing(body, { ...properties, persistent: false, expiration: timeoutMs }),
            exchange: '',
            routingKey: queriesOf(request.to),
          };
    const reply = this.#reply(envelope.id, timeoutMs, request);
    // Both are watched: without this a lost connection would leave the other one's rejection unhandled.
    const [answered] = await Promise.all([
      reply,
      publishWithTimeout(this.#publisher, question).catch((error) => this.#settle(envelope.id, error)),
    ]);
    return parsed(request, answered);
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
    const message = outgoing(
      { messageId: envelope.id, type: command.type, body: JSON.stringify(envelope) },
      { replyTo: DIRECT_REPLY, correlationId: envelope.id },
    );
    let held = false;
    const reply = this.#reply(envelope.id, timeoutMs, command);
    void publishWithTimeout(this.#publisher, message).then(
      () => {
        held = true;
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
      const timer = setTimeout(
        () => this.#settle(id, new Unavailable('timeout', `no answer to ${type} within ${timeoutMs} ms`)),
        timeoutMs,
      );
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
    // Where each service has a user of its own, no other can answer in its place.
    if (account !== undefined && accountOf(String(properties.userId)) !== this.#waiting.get(id)?.from) return;
    try {
      this.#settle(id, Reply.parse(JSON.parse(content.toString('utf8'))));
    } catch (error) {
      this.#settle(id, errorOf(error));
    }
  }

  #settle(id: string, reply: Reply | Error): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.settle(reply);
  }

  #fail(error: Error): void {
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

import type { QueryType } from '@comanda/contracts';
import { FatalStartupError } from '@comanda/kit';
import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import type { QueryHandler } from '../broker/responder.js';
import { Messaging, type MessagingOptions } from '../messaging.js';
import type { Handler } from '../runtime/handler.js';
import { publishedBy, whyNotToStart } from './start-up.js';

interface Extras {
  handler?: Handler;
  query?: QueryType;
}

/**
 * Nest's way into the life of a message: Nest finds the handlers and says when to start and stop; the runtime here
 * decides batches of messages in one transaction, which Nest's own RabbitMQ transport can't.
 */
export class RabbitMqStrategy extends Server implements CustomTransportStrategy {
  readonly #handlers: Handler[] = [];
  readonly #queries: QueryHandler[] = [];
  #messaging: Messaging | undefined;

  constructor(private readonly options: Omit<MessagingOptions, 'handlers' | 'queries' | 'tells'>) {
    super();
  }

  get messaging(): Messaging | undefined {
    return this.#messaging;
  }

  /** Nest calls it for each method with a pattern; its own map would let the second query for a type hide the first. */
  override addHandler(
    pattern: string,
    method: MessageHandler,
    _isEvent?: boolean,
    extras: Extras = {},
  ): void {
    if (extras.handler?.on.data) this.#handlers.push(extras.handler);
    else if (extras.query) this.#queries.push({ query: extras.query, answer: answerOf(method) });
    else
      throw new FatalStartupError(
        `${pattern} has neither a handler with a schema nor a query: use handlers() or @Answers()`,
      );
  }

  listen(callback: (error?: unknown) => void): void {
    try {
      const parts = { ...this.options, handlers: this.#handlers, queries: this.#queries };
      const reasons = whyNotToStart(
        this.options.service,
        this.#handlers.map(({ on }) => on.type),
      );
      if (reasons.length > 0) throw new FatalStartupError(reasons.join('\n'));
      this.#messaging = new Messaging({ ...parts, publishes: publishedBy(this.options.service) });
      callback();
    } catch (error) {
      callback(error);
    }
  }

  async close(): Promise<void> {
    await this.#messaging?.stop();
  }

  on(): never {
    throw new Error('the RabbitMQ strategy emits no events; see its metrics and its log');
  }

  unwrap<T>(): T {
    return this.#messaging as T;
  }
}

/** Calls a query's method through Nest's pipeline, which may answer with an observable. */
const answerOf =
  (method: MessageHandler): QueryHandler['answer'] =>
  async (message) => {
    const answered: unknown = await method(message);
    return isObservable(answered) ? lastValueFrom(answered) : answered;
  };

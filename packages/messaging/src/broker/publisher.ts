import { messageOf } from '@comanda/kit';
import type { ConfirmChannel } from 'amqplib';
import { failpoint } from '../failpoints.js';
import type { Broker } from './broker.js';
import type { ReopeningChannel } from './reopening-channel.js';
import { EXCHANGE } from './topology.js';
import { type Outgoing, PublishFailed } from './transport.js';

type Settle = (error: Error | null) => void;
const nothing = async (): Promise<void> => {};

/** However many messages find no queue, the queues are not declared anew more often than this. */
const DECLARE_AGAIN_MS = 5_000;
/** For how long messages are refused before a new channel tries its luck. */
const REOPEN_MS = 10_000;

/**
 * Publishes with `mandatory` and confirms, any number in flight: one promise per message, settled by the broker's
 * ack, nack or return, by its alarm, or by the end of the channel, and never left open. A broker that takes nothing
 * is sent nothing: what can't be published waits in the outbox, not in memory.
 */
export class Publisher {
  readonly #channel: ReopeningChannel;
  readonly #returned = new WeakMap<ConfirmChannel, Set<string>>();
  readonly #open = new Set<Settle>();
  #refusedSince: number | undefined;
  #declared = { at: Number.NEGATIVE_INFINITY, done: Promise.resolve() };
  /** Since when nothing has been heard of a queue or an exchange that is not there. */
  #declaredThere = false;

  /**
   * @param declare makes the queues and bindings: when a message finds no queue, and whenever the channel opens, but for
   *   one at the next node of a cluster, which has them. (When a node dies, all who were connected to it come at once.)
   */
  constructor(
    readonly broker: Broker,
    private readonly declare: (channel: ConfirmChannel) => Promise<void> = nothing,
    setUp: (channel: ConfirmChannel) => Promise<void> = nothing,
  ) {
    this.#channel = broker.openReopeningChannel('publish', async (channel) => {
      const returned = new Set<string>();
      this.#returned.set(channel, returned);
      // The broker sends the return of a message before its confirm.
      channel.on('return', ({ properties }) => returned.add(String(properties.messageId)));
      // The broker has closed it: what we use is perhaps not there. No error comes with the loss of the connection.
      channel.on('error', () => {
        this.#declaredThere = false;
      });
      if (!(broker.hasSeveralNodes && this.#declaredThere)) await declare(channel);
      this.#declaredThere = true;
      await setUp(channel);
    });
    broker.onBlocked((reason) => {
      for (const settle of [...this.#open]) settle(blocked(reason));
    });
  }

  /** The broker refuses a message that names another user than the one who publishes it. */
  get #sender(): { userId?: string } {
    return this.broker.account === undefined ? {} : { userId: this.broker.user };
  }

  get inFlight(): number {
    return this.#open.size;
  }

  /** Why nothing can be published at the moment, or `undefined`. */
  get unhealthyReason(): string | undefined {
    return this.broker.unhealthyReason;
  }

  /** Resolves when the channel is open. */
  ready(): Promise<void> {
    return this.#channel.ready();
  }

  /** Resolves when the broker has the message in every queue it belongs in; rejects with `PublishFailed`. */
  publish(message: Outgoing): Promise<void> {
    return this.#send(message).catch(async (error: unknown) => {
      if (!lostItsWay(error, message)) throw error;
      await this.#declareAgain(message);
      await this.#send(message);
    });
  }

  #send({ exchange, routingKey, body, messageId, options }: Outgoing): Promise<void> {
    const channel = this.#channel.current;
    if (!channel)
      return Promise.reject(
        new PublishFailed('not-connected', this.broker.unhealthyReason ?? 'the channel is not open'),
      );
    if (this.broker.blocked !== undefined) return Promise.reject(blocked(this.broker.blocked));
    return new Promise((resolve, reject) => {
      const settle: Settle = (error) => {
        if (!error) failpoint('after-publish', routingKey);
        const unroutable = this.#returned.get(channel)?.delete(messageId) === true;
        if (!this.#open.delete(settle)) return; // given up before: the broker was blocked
        if (unroutable) {
          reject(
            new PublishFailed('unroutable', `no queue is bound for ${routingKey} at exchange "${exchange}"`),
          );
        } else if (error) {
          const reason = error.message === 'channel closed' ? 'channel-closed' : 'refused';
          if (reason === 'refused' && !(error instanceof PublishFailed)) this.#refused();
          reject(
            error instanceof PublishFailed
              ? error
              : new PublishFailed(reason, `${routingKey}: ${error.message}`),
          );
        } else {
          resolve();
        }
      };
      this.#open.add(settle);
      try {
        channel.publish(
          exchange,
          routingKey,
          body,
          { mandatory: true, persistent: true, ...options, ...this.#sender, messageId },
          settle,
        );
      } catch (error) {
        this.#open.delete(settle);
        reject(new PublishFailed('channel-closed', messageOf(error)));
      }
    });
  }

  /**
   * A queue is full. RabbitMQ (3.10, measured) tells a channel whose message was refused when the queue has been
   * emptied, but not when its limit was lifted: only a new channel learns that.
   */
  #refused(): void {
    const now = performance.now();
    this.#refusedSince ??= now;
    if (now - this.#refusedSince < REOPEN_MS) return;
    this.#refusedSince = now;
    this.#channel.reopen();
  }

  /** A queue or a binding was deleted. All publishers that notice it at the same time wait for the same repair. */
  #declareAgain({ exchange, routingKey }: Outgoing): Promise<void> {
    const channel = this.#channel.current;
    const now = performance.now();
    if (channel && now - this.#declared.at > DECLARE_AGAIN_MS) {
      this.broker.logger.warn(
        { exchange, type: routingKey },
        'no queue is bound for this type; declaring queues and bindings anew',
      );
      // An error in it closes the channel, which is logged.
      this.#declared = { at: now, done: this.declare(channel).catch(() => undefined) };
    }
    return this.#declared.done;
  }
}

const blocked = (reason: string): PublishFailed =>
  new PublishFailed('blocked', `the broker is blocked: ${reason}`);

/** Found no queue at our exchange. (Elsewhere it is a queue that is not there, and may rightly not be.) */
const lostItsWay = (error: unknown, { exchange }: Outgoing): boolean =>
  exchange === EXCHANGE && error instanceof PublishFailed && error.reason === 'unroutable';

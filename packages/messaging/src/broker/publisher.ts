import type { ConfirmChannel, Options } from 'amqplib';
import { seam } from '../seams.js';
import type { Broker } from './broker.js';
import type { KeptChannel } from './kept-channel.js';

/** Why a message is not known to be with the broker. Unless it says `unroutable`, it may be there all the same. */
export class PublishFailed extends Error {
  override readonly name = 'PublishFailed';
  constructor(
    readonly reason: 'not-connected' | 'channel-closed' | 'refused' | 'unroutable',
    detail: string,
  ) {
    super(detail);
  }
}

export interface Outgoing {
  readonly exchange: string;
  readonly routingKey: string;
  readonly body: Buffer;
  readonly messageId: string;
  readonly options?: Options.Publish;
}

/**
 * Publishes with `mandatory` and confirms, any number in flight: one promise per message, settled by the broker's
 * ack, nack or return, or by the end of the channel, and never left open.
 */
export class Publisher {
  readonly #channel: KeptChannel;
  readonly #returned = new WeakMap<ConfirmChannel, Set<string>>();
  #inFlight = 0;

  constructor(
    readonly broker: Broker,
    setUp: (channel: ConfirmChannel) => Promise<void> = async () => {},
  ) {
    this.#channel = broker.keepChannel('publish', async (channel) => {
      const returned = new Set<string>();
      this.#returned.set(channel, returned);
      // The broker sends the return of a message before its confirm.
      channel.on('return', ({ properties }) => returned.add(String(properties.messageId)));
      await setUp(channel);
    });
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Resolves when messages can be published. */
  ready(): Promise<void> {
    return this.#channel.ready();
  }

  /** Resolves when the broker has the message in every queue it belongs in; rejects with `PublishFailed`. */
  publish({ exchange, routingKey, body, messageId, options }: Outgoing): Promise<void> {
    const channel = this.#channel.current;
    if (!channel)
      return Promise.reject(
        new PublishFailed('not-connected', this.broker.trouble ?? 'the channel is not open'),
      );
    return new Promise((resolve, reject) => {
      const settle = (error: Error | null) => {
        if (!error) seam('after-publish', routingKey);
        this.#inFlight--;
        if (this.#returned.get(channel)?.delete(messageId)) {
          reject(
            new PublishFailed('unroutable', `no queue is bound for ${routingKey} at exchange "${exchange}"`),
          );
        } else if (error) {
          const reason = error.message === 'channel closed' ? 'channel-closed' : 'refused';
          reject(new PublishFailed(reason, `${routingKey}: ${error.message}`));
        } else {
          resolve();
        }
      };
      this.#inFlight++;
      try {
        channel.publish(
          exchange,
          routingKey,
          body,
          { mandatory: true, persistent: true, ...options, messageId },
          settle,
        );
      } catch (error) {
        this.#inFlight--;
        reject(new PublishFailed('channel-closed', error instanceof Error ? error.message : String(error)));
      }
    });
  }
}

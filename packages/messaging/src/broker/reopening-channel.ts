import type { FatalStartupError, Logger } from '@comanda/kit';
import type { ChannelModel, ConfirmChannel } from 'amqplib';
import { describeTopologyMismatch, topologyMismatchError, topologyMismatchOf } from './topology-mismatch.js';

const FIRST_RETRY_MS = 200;
const MAX_RETRY_MS = 3_000;
/** An operator must mend it first: tried again after the longest wait. */
const PATIENT = 4;

export interface ReopeningChannelOptions {
  readonly name: string;
  /** The connection to open it on, when there is one. */
  readonly connection: () => ChannelModel | undefined;
  readonly setUp: (channel: ConfirmChannel) => Promise<void>;
  readonly logger: Logger;
  /** Called when the channel can't be set up for the first time because the broker has something declared otherwise. */
  readonly refuse: (refusal: FatalStartupError) => void;
  /** Called when the connection takes no channel because it is closed. */
  readonly connectionClosed: (connection: ChannelModel) => void;
}

/** One channel that is opened and set up anew after every loss, as long as there is a connection. */
export class ReopeningChannel {
  #channel: ConfirmChannel | undefined;
  #opening = false;
  #stopped = false;
  #failures = 0;
  #unhealthyReason: string | undefined;
  /** Whether it ever worked: what goes wrong from then on is no reason not to start. */
  #worked = false;
  #refused = false;
  readonly #waiting: (() => void)[] = [];

  constructor(private readonly options: ReopeningChannelOptions) {}

  /** The channel that works now. Hold on to it for acks: they belong on the channel of their delivery. */
  get current(): ConfirmChannel | undefined {
    return this.#channel;
  }

  get unhealthyReason(): string | undefined {
    return this.#channel
      ? undefined
      : `channel ${this.options.name} is not open${this.#unhealthyReason ? `: ${this.#unhealthyReason}` : ''}`;
  }

  /** Resolves once the channel works. */
  ready(): Promise<void> {
    return this.#channel ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve));
  }

  open(): void {
    if (this.#opening || this.#channel || this.#stopped) return;
    this.#opening = true;
    this.#open()
      .then((channel) => {
        this.#opening = false;
        this.#failures = 0;
        this.#unhealthyReason = undefined;
        this.#worked = true;
        this.#channel = channel;
        if (this.#stopped) return this.close();
        for (const wake of this.#waiting.splice(0)) wake();
      })
      .catch((error: unknown) => {
        this.#opening = false;
        if (this.#stopped) return; // closed under its set-up
        this.#failed(error);
        this.#again();
      });
  }

  /** A service that starts is refused; one that runs already goes on trying until an operator mends the queue. */
  #failed(error: unknown): void {
    const mismatch = topologyMismatchOf(error);
    this.#unhealthyReason = mismatch
      ? describeTopologyMismatch(mismatch)
      : error instanceof Error
        ? error.message
        : String(error);
    if (mismatch) this.#failures = PATIENT;
    if (mismatch && !this.#worked && !this.#refused) {
      this.#refused = true;
      this.options.refuse(topologyMismatchError(mismatch));
    } else
      this.options.logger.error(
        { channel: this.options.name, error: this.#unhealthyReason },
        'channel could not be set up',
      );
  }

  /** Leaves the channel as it is; once lost, it is not opened again. */
  stop(): void {
    this.#stopped = true;
  }

  /** Ends the present channel; a new one is opened in its place. What is in flight on it is not confirmed. */
  reopen(): void {
    this.#channel?.close().catch(() => undefined); // closing already
  }

  /** Ends the channel for good; resolves when it is gone, in order or because its connection broke meanwhile. */
  async close(): Promise<void> {
    this.stop();
    const channel = this.#channel;
    if (!channel) return;
    const gone = new Promise<void>((resolve) => channel.once('close', resolve));
    channel.close().catch(() => undefined); // closing already
    await gone;
  }

  async #open(): Promise<ConfirmChannel> {
    const connection = this.options.connection();
    if (!connection) throw new Error('no connection');
    const channel = await this.#createdOn(connection);
    let reason: string | undefined;
    let failed: ((error: Error) => void) | undefined;
    channel.on('error', (error) => {
      reason = error.message;
    });
    const closed = new Promise<never>((_, reject) => {
      failed = reject;
    });
    channel.on('close', () => {
      failed?.(new Error(reason ?? 'channel closed during set-up'));
      if (this.#channel !== channel) return;
      this.#channel = undefined;
      this.#unhealthyReason = reason;
      if (this.#stopped) return;
      this.options.logger.warn(
        { channel: this.options.name, error: reason },
        'channel lost, opening it again',
      );
      this.#again();
    });
    closed.catch(() => undefined); // the race below passes it to the caller that waits for the set-up
    await Promise.race([this.options.setUp(channel), closed]);
    failed = undefined;
    return channel;
  }

  async #createdOn(connection: ChannelModel): Promise<ConfirmChannel> {
    try {
      return await connection.createConfirmChannel();
    } catch (error) {
      // What amqplib throws for everything that is asked of a closed connection.
      if (error instanceof Error && error.name === 'IllegalOperationError')
        this.options.connectionClosed(connection);
      throw error;
    }
  }

  #again(): void {
    const delay = Math.min(FIRST_RETRY_MS * 2 ** this.#failures++, MAX_RETRY_MS);
    // Without a connection there is nothing to open; the broker calls open() when it is back.
    setTimeout(() => this.options.connection() && this.open(), delay).unref();
  }
}

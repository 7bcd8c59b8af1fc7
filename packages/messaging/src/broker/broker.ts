import { accountOf, type BrokerAccount } from '@comanda/contracts';
import {
  brokersIn,
  type FatalStartupError,
  isNotUpYet,
  type Logger,
  messageOf,
  TimedOut,
  trustedCaOf,
  whyNotReached,
  withTimeout,
} from '@comanda/kit';
import { type AmqpConnectionManager, connect } from 'amqp-connection-manager';
import type { Channel, ChannelModel, ConfirmChannel } from 'amqplib';
import { ReopeningChannel } from './reopening-channel.js';

const RECONNECT_SECONDS = 3;
/** Broker and services often start together: so often a service tries at first, and for so long it warns of nothing. */
const FIRST_RECONNECT_SECONDS = 0.25;
const FIRST_MS = 60_000;
const CLOSE_TIMEOUT_MS = 2_000;
/** A broker that says nothing for two or three times as long is left. In a cluster there is another node to go to. */
const HEARTBEAT_SECONDS = 10;
const HEARTBEAT_OF_SEVERAL_SECONDS = 5;
/** Where an operator says which broker, and whom to trust there. */
const SETTINGS = { url: 'RABBITMQ_URL', ca: 'RABBITMQ_CA' };

/**
 * A connection to RabbitMQ that comes back by itself, and channels on it that do too. When the node of a cluster is gone, the
 * next one is tried at once.
 *
 * amqp-connection-manager (re)connects; channels are amqplib's own. Its `ChannelWrapper` is not used: it buffers
 * publishes without bound, may hang after a channel error, and acks through it after a reconnect carry stale tags.
 */
export class Broker {
  readonly #manager: AmqpConnectionManager;
  readonly #channels: ReopeningChannel[] = [];
  /** Those without which nothing can be sent or handled. */
  readonly #needed: ReopeningChannel[] = [];
  #connection: ChannelModel | undefined;
  #blocked: string | undefined;
  readonly #createdAt = performance.now();
  #wasThere = false;
  readonly #nodes: number;
  /** Tries in vain, one after another. */
  #triesInVain = 0;
  #waiting = false;
  readonly #onBlocked: ((reason: string) => void)[] = [];
  /** The name that the broker knows us by. */
  readonly user: string;
  /**
   * Whose account that is, where each service has one of its own. There the queues are made by the operator, and each
   * message names its sender; see docs/decisions/24-a-user-for-each-service.md.
   */
  readonly account: BrokerAccount | undefined;
  #refuse: (refusal: FatalStartupError) => void = () => {};
  /**
   * Resolves when a channel can't be set up for the first time because something is declared otherwise on the broker,
   * and so the service should not start. Never settles otherwise: later on it goes on trying.
   */
  readonly refused = new Promise<FatalStartupError>((resolve) => {
    this.#refuse = resolve;
  });

  /** @param urls one, or several of one cluster: `brokersIn` */
  constructor(
    urls: string,
    readonly name: string,
    readonly logger: Logger,
  ) {
    const nodes = brokersIn(urls).map(trustedCaOf);
    const [{ url, ca }] = nodes as [(typeof nodes)[0]];
    this.#nodes = nodes.length;
    this.user = decodeURIComponent(new URL(url).username);
    this.account = accountOf(this.user);
    const addresses = shuffled(nodes.map((node) => node.url));
    this.#manager = connect(addresses, {
      reconnectTimeInSeconds: FIRST_RECONNECT_SECONDS,
      heartbeatIntervalInSeconds: this.hasSeveralNodes ? HEARTBEAT_OF_SEVERAL_SECONDS : HEARTBEAT_SECONDS,
      // Without noDelay, Nagle's algorithm and delayed acks add about 40 ms to every idle hop.
      connectionOptions: {
        noDelay: true,
        timeout: 10_000,
        clientProperties: { connection_name: name },
        ...(ca && { ca }),
      },
    }) as AmqpConnectionManager;
    this.#manager.on('connect', () => this.#connected());
    this.#manager.on('disconnect', ({ err }) => this.#lost(err));
    this.#manager.on('connectFailed', ({ err, url: address }) => this.#notReached(err, address));
    this.#manager.on('blocked', ({ reason }) => {
      this.#blocked = reason;
      this.logger.error({ broker: name, reason }, 'broker takes no messages (resource alarm)');
      for (const listener of this.#onBlocked) listener(reason);
    });
    this.#manager.on('unblocked', () => {
      this.#blocked = undefined;
      this.logger.info({ broker: name }, 'broker takes messages again');
    });
  }

  /** Whether it is a cluster: what was declared on it outlives the node to which we are connected. */
  get hasSeveralNodes(): boolean {
    return this.#nodes > 1;
  }

  /** Why nothing can be sent at the moment, or `undefined` when all is well. */
  get unhealthyReason(): string | undefined {
    if (!this.#connection) return 'not connected to the broker';
    if (this.#blocked !== undefined) return `the broker is blocked: ${this.#blocked}`;
    return this.#needed.find((channel) => !channel.current)?.unhealthyReason;
  }

  /** Why the broker, which is there, takes no messages at the moment; else `undefined`. */
  get blocked(): string | undefined {
    return this.#blocked;
  }

  /** Calls back whenever the broker says that it takes no messages for the time being. */
  onBlocked(listener: (reason: string) => void): void {
    this.#onBlocked.push(listener);
  }

  /**
   * A confirm channel that is opened again, and set up again, whenever it or its connection is lost.
   *
   * @param needed whether the broker counts as away while it is not there
   */
  openReopeningChannel(
    purpose: string,
    setUp: (channel: ConfirmChannel) => Promise<void>,
    { needed = true }: { readonly needed?: boolean } = {},
  ): ReopeningChannel {
    const channel = new ReopeningChannel({
      name: `${this.name}:${purpose}`,
      connection: () => this.#connection,
      setUp,
      logger: this.logger,
      refuse: this.#refuse,
      connectionClosed: (connection) => this.#closedUnheard(connection),
    });
    this.#channels.push(channel);
    if (needed) this.#needed.push(channel);
    if (this.#connection) channel.open();
    return channel;
  }

  /** A channel for one job: who asks for it closes it, and when it is lost the job has failed. */
  async openChannel(): Promise<Channel> {
    if (!this.#connection) throw new Error(this.unhealthyReason);
    const channel = await this.#connection.createChannel();
    // Its users notice: every call on it is refused from then on.
    channel.on('error', () => undefined);
    return channel;
  }

  async close(): Promise<void> {
    for (const channel of this.#channels) channel.stop();
    try {
      await withTimeout(this.#manager.close(), CLOSE_TIMEOUT_MS, 'closing the connection');
    } catch (error) {
      if (error instanceof TimedOut) return; // the manager waits to reconnect, and then its close() never answers
      this.logger.warn(
        { broker: this.name, error: messageOf(error) },
        'broker connection did not close cleanly',
      );
    }
  }

  #notReached(error: Error, address: unknown): void {
    this.#triesInVain += 1;
    const others = this.#triesInVain % this.#nodes !== 0;
    const starting = !this.#wasThere && isNotUpYet(error) && performance.now() - this.#createdAt < FIRST_MS;
    this.#nextTryIn(others ? 0 : starting ? FIRST_RECONNECT_SECONDS : RECONNECT_SECONDS);
    if (starting) {
      if (!this.#waiting)
        this.logger.info({ broker: this.name, error: error.message }, 'waiting for the broker');
      this.#waiting = true;
      return;
    }
    this.logger.warn(
      { broker: this.name, address: hostOf(address), error: whyNotReached(error, SETTINGS) },
      `broker not reached, ${this.#next}`,
    );
  }

  #connected(): void {
    this.#connection = this.#manager.connection;
    this.#wasThere = true;
    this.#triesInVain = 0;
    this.#blocked = undefined;
    this.logger.info({ broker: this.name }, 'connected to the broker');
    for (const channel of this.#channels) channel.open();
  }

  /**
   * A node that is about to stop may close a connection in the same packet in which it opens it. amqplib then hands over a
   * closed connection whose end nobody could hear of: the manager would keep it for good.
   */
  #closedUnheard(connection: ChannelModel): void {
    if (connection === this.#connection) this.#manager.reconnect();
  }

  #lost(error: Error | undefined): void {
    this.#connection = undefined;
    this.#blocked = undefined;
    this.#nextTryIn(this.#nodes > 1 ? 0 : RECONNECT_SECONDS);
    this.logger.warn(
      { broker: this.name, error: error?.message },
      `connection to the broker lost, ${this.#next}`,
    );
  }

  /** The manager asks for it when its listeners have been told that a connection is lost, or was not made. */
  #nextTryIn(seconds: number): void {
    this.#manager.reconnectTimeInSeconds = seconds;
  }

  get #next(): string {
    const seconds = this.#manager.reconnectTimeInSeconds;
    return seconds === 0 ? 'the next node is tried' : `next try in ${seconds} s`;
  }
}

/** So that the connections of many services don't all go to the same node. */
const shuffled = (urls: readonly string[]): string[] =>
  urls
    .map((url) => ({ url, at: Math.random() }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ url }) => url);

/** An address for people: without the password. */
const hostOf = (address: unknown): string | undefined =>
  typeof address === 'string' && URL.canParse(address) ? new URL(address).host : undefined;

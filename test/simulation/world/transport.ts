import {
  type ConsumedQueue,
  type Consumption,
  type Delivery,
  type DeliveryChannel,
  type Outgoing,
  PublishFailed,
  type Transport,
} from '@comanda/messaging';
import type { Faults } from '../faults.js';
import type { Broker, Channel, Reader } from './broker.js';
import type { Chance } from './chance.js';
import type { Life, TimeLine } from './time-line.js';

const REOPEN_MS = 500;

export interface TransportOptions {
  readonly reader: Reader;
  readonly broker: Broker;
  readonly life: Life;
  readonly timeLine: TimeLine;
  readonly faults: Faults;
  readonly chance: Chance;
  /** Called with each message that reaches the broker. */
  readonly published: (message: Outgoing) => void;
  readonly note: (line: () => string) => void;
}

/** How one process reaches the simulated broker. */
export class SimulatedTransport implements Transport {
  readonly unhealthyReason = undefined;
  #channel: Channel | undefined;

  constructor(private readonly options: TransportOptions) {}

  async ready(): Promise<void> {}

  /** Each message may be refused, and a confirm may be lost: then nobody knows whether the broker has it. */
  publish(message: Outgoing): Promise<void> {
    const { broker, life, timeLine, faults, chance, published } = this.options;
    return new Promise((resolve, reject) => {
      timeLine.soon(life, () => {
        const refused = faults.strikes('refuse');
        if (refused !== undefined)
          return reject(new PublishFailed(refused < 0.7 ? 'refused' : 'unroutable', message.routingKey));
        published(message);
        broker.publish(message);
        if (faults.strikes('confirm') !== undefined)
          return reject(new PublishFailed('channel-closed', message.routingKey));
        if (chance.likely(0.3)) timeLine.soon(life, resolve);
        else resolve();
      });
    });
  }

  consume(
    { prefetch }: ConsumedQueue,
    open: (channel: DeliveryChannel) => (delivery: Delivery) => void,
  ): Consumption {
    const { life, timeLine } = this.options;
    timeLine.soon(life, () => this.#open(prefetch, open));
    return {
      ready: () => Promise.resolve(),
      cancel: () => Promise.reject(new Error('the simulation stops no process in good order')),
      close: () => Promise.reject(new Error('the simulation stops no process in good order')),
    };
  }

  /** The process is gone, and its connection with it. */
  end(): void {
    if (this.#channel) this.options.broker.close(this.options.reader, this.#channel);
  }

  #open(prefetch: number, open: (channel: DeliveryChannel) => (delivery: Delivery) => void): void {
    const { reader, broker, life, faults } = this.options;
    const lost: (() => void)[] = [];
    const receive = open({
      ackUpTo: (deliveryTag) => {
        if (this.#channel !== channel) throw new Error('the channel is closed');
        // A channel may be lost at any time; what it held matters when it is about to be acked.
        if (faults.strikes('drop') === undefined) broker.ack(reader, channel, deliveryTag);
        else this.#lose(channel, lost, () => this.#open(prefetch, open));
      },
      giveBack: () => {
        throw new Error('the simulation stops no process in good order');
      },
      onLost: (listener) => lost.push(listener),
    });
    const channel: Channel = { life, prefetch, unacked: new Map(), receive };
    this.#channel = channel;
    broker.open(reader, channel);
  }

  #lose(channel: Channel, listeners: readonly (() => void)[], openAgain: () => void): void {
    const { reader, broker, life, timeLine, note } = this.options;
    note(() => 'loses its channel');
    this.#channel = undefined;
    broker.close(reader, channel);
    for (const listener of listeners) listener();
    timeLine.later(life, REOPEN_MS, openAgain);
  }
}

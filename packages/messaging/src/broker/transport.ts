import type { MessageProperties, Options } from 'amqplib';

/** Why a message is not known to be with the broker. Unless it says `unroutable`, it may be there all the same. */
export class PublishFailed extends Error {
  override readonly name = 'PublishFailed';
  constructor(
    readonly reason: 'not-connected' | 'blocked' | 'channel-closed' | 'refused' | 'unroutable',
    detail: string,
  ) {
    super(detail);
  }
}

/** A message on its way to an exchange, or with the exchange '' straight to the queue that the routing key names. */
export interface Outgoing {
  readonly exchange: string;
  readonly routingKey: string;
  readonly body: Buffer;
  readonly messageId: string;
  readonly options?: Options.Publish;
}

/** A message as a queue gives it out. */
export interface Delivery {
  readonly content: Buffer;
  readonly fields: {
    readonly deliveryTag: number;
    readonly redelivered: boolean;
    readonly routingKey: string;
  };
  readonly properties: MessageProperties;
}

/** The channel that deliveries came from: they are acked and given back on it, or not at all. */
export interface DeliveryChannel {
  /** Acks this delivery and all before it. Throws when the channel is closing. */
  ackUpTo(deliveryTag: number): void;
  /** Puts a delivery back into its queue. */
  giveBack(deliveryTag: number): void;
  /** Calls back when the channel is gone, and with it the right to ack: the broker gives everything out again. */
  onLost(listener: () => void): void;
}

/** A service's queue as its consumer needs it. */
export interface ConsumedQueue {
  readonly queue: string;
  /** The types of the messages that belong in it. */
  readonly types: readonly string[];
  /** How long its messages wait before each further try. */
  readonly retrySeconds: readonly number[];
  /** How many messages may be out and not acked. */
  readonly prefetch: number;
}

/** Deliveries that go on coming, on one channel after another. */
export interface Consumption {
  /** Resolves when deliveries come. */
  ready(): Promise<void>;
  /** Asks for nothing new; what is out already can still be acked. */
  cancel(): Promise<void>;
  /** Ends the channel; resolves when the broker has taken the last acks. */
  close(): Promise<void>;
}

/** What the runtime needs of a broker. */
export interface Transport {
  /** Why nothing can be published at the moment, or `undefined`. */
  readonly unhealthyReason: string | undefined;
  /** Resolves when messages can be published. */
  ready(): Promise<void>;
  /** Resolves when the broker has the message in every queue it belongs in; rejects with `PublishFailed`. */
  publish(message: Outgoing): Promise<void>;
  /** Takes what is in a queue. `open` is called for every channel and returns what takes its deliveries. */
  consume(
    queue: ConsumedQueue,
    open: (channel: DeliveryChannel) => (delivery: Delivery) => void,
  ): Consumption;
}

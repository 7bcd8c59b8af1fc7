import type { Channel } from 'amqplib';

interface Place {
  readonly tag: number;
  settled: boolean;
}

/**
 * Acks the deliveries of one channel in their order, on that channel: as soon as all before it are settled, one
 * `multiple` ack covers a whole stretch. Whatever is not acked when the channel ends is delivered again.
 */
export class OrderedAcks {
  readonly #line: Place[] = [];
  #flushing = false;
  #closed = false;
  readonly #empty: (() => void)[] = [];

  constructor(private readonly channel: Channel) {
    channel.on('close', () => this.end());
  }

  /** Whether the broker has taken everything back: what is still in hand will come again. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Takes a place in the line; call the result when everything that the delivery asked for is safe. */
  enter(tag: number): () => void {
    const place = { tag, settled: false };
    this.#line.push(place);
    return () => {
      place.settled = true;
      if (this.#flushing) return;
      this.#flushing = true;
      // Deliveries of a batch settle together: one ack for all of them.
      setImmediate(() => this.#flush());
    };
  }

  /** Resolves when nothing is in hand. */
  empty(): Promise<void> {
    return this.#line.length === 0 ? Promise.resolve() : new Promise((resolve) => this.#empty.push(resolve));
  }

  /** Acks nothing any more. */
  end(): void {
    this.#closed = true;
    this.#line.length = 0;
    this.#wake();
  }

  #flush(): void {
    this.#flushing = false;
    if (this.#closed) return;
    const open = this.#line.findIndex((place) => !place.settled);
    const settled = this.#line.splice(0, open === -1 ? this.#line.length : open);
    const last = settled.at(-1);
    try {
      // amqplib asks for a message and uses its tag alone.
      if (last)
        this.channel.ack({ fields: { deliveryTag: last.tag } } as Parameters<Channel['ack']>[0], true);
    } catch {
      this.end(); // the channel is closing and takes no acks any more
      return;
    }
    if (this.#line.length === 0) this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#empty.splice(0)) resolve();
  }
}

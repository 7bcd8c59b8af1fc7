import { setTimeout as pause } from 'node:timers/promises';
import type { Channel, ConsumeMessage } from 'amqplib';
import type { Broker } from '../broker/broker.js';
import { deadLettersOf } from '../broker/topology.js';
import { Unavailable } from '../broker/unavailable.js';
import { takeTurn } from './turn.js';

/** How long one waits for others to finish theirs. */
const TURN_MS = 5_000;
/** A queue that takes longer than this is too long to be looked through while somebody waits. */
const WALK_MS = 15_000;
const QUIET_MS = 250;
/** The letters are with us no more; soon the broker has them all in its books again. */
const RETURN_MS = 5_000;
const RETURN_POLL_MS = 5;
/** The protocol's largest number for what one consumer may hold. */
const MAX_PREFETCH = 65_535;

/**
 * A look through the dead letters of one queue, which a broker has no question for: all of them are taken out
 * without an ack, and what was not taken for good goes back. Lookers take turns, or each would see what the others
 * don't hold. If we die in the middle, the broker puts everything back and gives the turn to the next.
 */
export class Look {
  readonly #queue: string;
  readonly #lost: Promise<never>;
  #there = 0;
  readonly #taken = new Set<number>();

  private constructor(
    queue: string,
    private readonly channel: Channel,
  ) {
    this.#queue = deadLettersOf(queue);
    this.#lost = new Promise((_, reject) => {
      const lost = new Unavailable('broker', 'the connection was lost while looking through dead letters');
      channel.once('close', () => reject(lost));
    });
    this.#lost.catch(() => undefined); // heard by whoever waits for the broker at that moment
  }

  /** Throws `Unavailable` when the broker is away, or others have looked for too long. */
  static async at(broker: Broker, queue: string): Promise<Look> {
    return new Look(queue, await takeTurn(broker, `${deadLettersOf(queue)}.turn`, TURN_MS));
  }

  /** Shows each letter once; what is not kept by `see` is gone from memory at once. */
  async walk(see: (delivery: ConsumeMessage) => void): Promise<void> {
    this.#there = await this.#count();
    if (this.#there === 0) return;
    let seen = 0;
    const all = Promise.withResolvers<void>();
    const deliver = (delivery: ConsumeMessage | null): void => {
      if (delivery === null) {
        all.reject(new Unavailable('broker', `${this.#queue} was deleted while looking through it`));
        return;
      }
      try {
        see(delivery);
      } catch (error) {
        all.reject(error);
      }
      if (++seen === this.#there) all.resolve();
    };
    await this.#asked(this.channel.prefetch(Math.min(this.#there, MAX_PREFETCH)));
    const consumers: string[] = [];
    const walking = new AbortController();
    try {
      for (let room = 0; room < this.#there; room += MAX_PREFETCH)
        consumers.push((await this.#asked(this.channel.consume(this.#queue, deliver))).consumerTag);
      await Promise.race([all.promise, this.#lost, this.#noMoreToCome(() => seen, walking.signal)]);
    } finally {
      walking.abort();
      // A consumer that is still there would be given everything again that goes back.
      for (const tag of consumers) await this.#asked(this.channel.cancel(tag));
    }
  }

  /** Takes a letter out of the queue for good. */
  take(delivery: ConsumeMessage): void {
    this.channel.ack(delivery);
    this.#taken.add(delivery.fields.deliveryTag);
  }

  has({ fields }: ConsumeMessage): boolean {
    return !this.#taken.has(fields.deliveryTag);
  }

  /** Puts everything back that was not taken, and gives the turn away once it is there. Never throws. */
  async end(): Promise<void> {
    try {
      this.channel.nackAll(true);
      const deadline = performance.now() + RETURN_MS;
      // A quorum queue takes its time: who came next would look through a queue that seems to be empty.
      while ((await this.#count()) < this.#there - this.#taken.size && performance.now() < deadline)
        await pause(RETURN_POLL_MS);
      await this.channel.close();
    } catch {
      // Lost with its connection: the broker has put everything back.
    }
  }

  /** Ends when none is left that could still come: somebody may have emptied the queue under our eyes. */
  async #noMoreToCome(seen: () => number, signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + WALK_MS;
    for (let before = -1; !signal.aborted; before = seen()) {
      await pause(QUIET_MS);
      if (signal.aborted || (seen() === before && (await this.#count()) === 0)) return;
      if (performance.now() > deadline)
        throw new Unavailable('timeout', `${this.#there} letters are too many to look through in one go`);
    }
  }

  async #count(): Promise<number> {
    return (await this.#asked(this.channel.checkQueue(this.#queue))).messageCount;
  }

  async #asked<T>(answer: PromiseLike<T>): Promise<T> {
    return Promise.race([
      this.#lost,
      Promise.resolve(answer).catch((error: unknown) => {
        throw new Unavailable('broker', error instanceof Error ? error.message : String(error));
      }),
    ]);
  }
}

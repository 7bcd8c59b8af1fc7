import type { ConsumeMessage } from 'amqplib';
import { messageIdOf } from '../runtime/failure.js';
import { deathOf } from './death.js';

/** Where a letter stands among all others: when it died, then its queue and id. */
export type Position = readonly [diedAt: string, queueAndId: string];

export const positionOf = (queue: string, delivery: ConsumeMessage): Position => [
  deathOf(queue, delivery).at ?? '',
  `${queue}/${messageIdOf(delivery)}`,
];

export type Order = (one: Position, other: Position) => number;
export const oldestFirst: Order = (one, other) => compare(one[0], other[0]) || compare(one[1], other[1]);
export const newestFirst: Order = (one, other) => oldestFirst(other, one);

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

interface Entry<T> {
  readonly position: Position;
  readonly value: T;
  bytes: number;
}

/**
 * Keeps the first of all that it is offered, in order, and no more than these: what it holds does not grow with the
 * queue that it looks through.
 */
export class Selection<T> {
  readonly #entries: Entry<T>[] = [];
  #bytes = 0;

  /** @param most how many, and how many bytes of them; one is kept in any case */
  constructor(
    private readonly order: Order,
    private readonly most: { readonly count: number; readonly bytes: number },
  ) {}

  get entries(): readonly { readonly position: Position; readonly value: T }[] {
    return this.#entries;
  }

  /** Whether something at this position would be kept; asked before what is costly to make is made. */
  wants(position: Position): boolean {
    const last = this.#entries.at(-1);
    const full = this.#entries.length >= this.most.count || this.#bytes >= this.most.bytes;
    return !last || !full || this.order(position, last.position) <= 0;
  }

  /** Takes a value of this size in; when there is one at the same position, `join` adds it to that one. */
  offer(position: Position, bytes: number, make: () => T, join: (value: T) => void): void {
    if (!this.wants(position)) return;
    const found = this.#entries.findIndex((entry) => this.order(position, entry.position) <= 0);
    const at = found === -1 ? this.#entries.length : found;
    const there = this.#entries[at];
    if (there && this.order(position, there.position) === 0) {
      there.bytes += bytes;
      join(there.value);
    } else this.#entries.splice(at, 0, { position, value: make(), bytes });
    this.#bytes += bytes;
    while (this.#entries.length > 1 && this.#over()) this.#bytes -= this.#entries.pop()?.bytes ?? 0;
  }

  #over(): boolean {
    return this.#entries.length > this.most.count || this.#bytes > this.most.bytes;
  }
}

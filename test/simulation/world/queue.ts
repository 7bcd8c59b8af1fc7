import type { Envelope } from '@comanda/contracts';
import type { Life } from './time-line.js';

/** A message as it lies in a queue: each reader has a copy of its own. */
export interface Copy {
  readonly id: string;
  readonly envelope: Envelope;
  redelivered: boolean;
  /** How often it was tried and put off. */
  tries: number;
}

/** A service's queue: what waits, what was given out and not acked, what goes to and fro on the ladder. */
export class Queue {
  readonly ready: Copy[] = [];
  readonly unacked = new Map<Life, Set<Copy>>();
  readonly dead: { copy: Copy; cause: string }[] = [];
  /** On the way here, or waiting for a further try. */
  coming = 0;
  /** How many copies of a message there are: waiting, coming, given out, dead. */
  readonly #copies = new Map<string, number>();

  constructor(
    private readonly onReady: () => void,
    /** The last copy of a message was acked. */
    private readonly onGone: (copy: Copy) => void,
  ) {}

  /** There is one copy more. */
  count(copy: Copy): void {
    this.#copies.set(copy.id, (this.#copies.get(copy.id) ?? 0) + 1);
  }

  put(copy: Copy): void {
    this.ready.push(copy);
    this.onReady();
  }

  bury(copy: Copy, cause: string): void {
    this.count(copy);
    this.dead.push({ copy, cause });
  }

  /** Gives out up to `limit`; `pick` chooses each one's place in the line. */
  take(channel: Life, limit: number, pick: (waiting: number) => number): Copy[] {
    const taken: Copy[] = [];
    while (taken.length < limit && this.ready.length > 0)
      taken.push(...this.ready.splice(pick(this.ready.length), 1));
    let held = this.unacked.get(channel);
    if (!held) {
      held = new Set();
      this.unacked.set(channel, held);
    }
    for (const copy of taken) held.add(copy);
    return taken;
  }

  /** What was given out on a channel that is gone can't be acked any longer: it lies in the queue again. */
  ack(channel: Life, copy: Copy): void {
    if (!this.unacked.get(channel)?.delete(copy)) return;
    const left = (this.#copies.get(copy.id) ?? 0) - 1;
    this.#copies.set(copy.id, left);
    if (left === 0) this.onGone(copy);
  }

  /** The channel is gone: whatever it held goes back to the front, marked. */
  giveBack(channel: Life): void {
    const held = this.unacked.get(channel);
    if (!held) return;
    this.unacked.delete(channel);
    for (const copy of held) copy.redelivered = true;
    this.ready.unshift(...held);
    if (held.size > 0) this.onReady();
  }

  get held(): number {
    let held = 0;
    for (const copies of this.unacked.values()) held += copies.size;
    return held;
  }
}

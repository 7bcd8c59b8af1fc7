import type { Outgoing } from '@comanda/messaging';

/** A message as it lies in a queue: each queue has a copy of its own. */
export interface Copy {
  readonly id: string;
  readonly type: string;
  readonly message: Outgoing;
  redelivered: boolean;
}

/** Who takes messages out of a queue, and what it holds without having acked it, by delivery tag. */
export interface Consumer {
  readonly unacked: Map<number, Copy>;
}

/** A service's queue: what waits, what is out and not acked, what is on its way here. */
export class Queue {
  readonly ready: Copy[] = [];
  readonly dead: Copy[] = [];
  /** Delayed, or waiting for a further try. */
  coming = 0;
  unacked = 0;
  /** How many copies of a message there are: waiting, coming, out, dead. */
  readonly #copies = new Map<string, number>();

  /** @param onGone called when the last copy of a message was acked */
  constructor(private readonly onGone: (copy: Copy) => void) {}

  /** How many copies are left, the dead letters apart. */
  get left(): number {
    return this.ready.length + this.coming + this.unacked;
  }

  /** There is one copy more. */
  count({ id }: Copy): void {
    this.#copies.set(id, (this.#copies.get(id) ?? 0) + 1);
  }

  /** Gives out up to `limit`; `pick` chooses each one's place in the line. */
  take(limit: number, pick: (waiting: number) => number): Copy[] {
    const taken: Copy[] = [];
    while (taken.length < limit && this.ready.length > 0)
      taken.push(...this.ready.splice(pick(this.ready.length), 1));
    this.unacked += taken.length;
    return taken;
  }

  ack({ unacked }: Consumer, upTo: number): void {
    for (const [tag, copy] of unacked) {
      if (tag > upTo) return;
      unacked.delete(tag);
      this.unacked--;
      const left = (this.#copies.get(copy.id) ?? 0) - 1;
      this.#copies.set(copy.id, left);
      if (left === 0) this.onGone(copy);
    }
  }

  /** The channel is gone: whatever it held goes back to the front, marked. */
  giveBack({ unacked }: Consumer): void {
    for (const copy of unacked.values()) copy.redelivered = true;
    this.ready.unshift(...unacked.values());
    this.unacked -= unacked.size;
    unacked.clear();
  }
}

import { FRAME_CONTENT_TYPE } from '@comanda/contracts';
import type { Outgoing } from '@comanda/messaging';

/** An event or a command, alone in its message or in a frame. */
export interface Event {
  readonly id: string;
  readonly type: string;
}

/** A message as it lies in a queue: each queue has a copy of its own. */
export interface Copy {
  readonly message: Outgoing;
  /** What is in it. */
  readonly events: readonly Event[];
  redelivered: boolean;
}

/** What a message says. */
export const eventsOf = ({ messageId, routingKey, body, options }: Outgoing): readonly Event[] =>
  options?.contentType === FRAME_CONTENT_TYPE
    ? JSON.parse(body.toString())
    : [{ id: messageId, type: String(options?.type ?? routingKey) }];

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
  /** How many copies of an event there are: waiting, coming, out, dead. */
  readonly #copies = new Map<string, number>();

  /** @param onGone called when the last copy of an event was acked */
  constructor(private readonly onGone: (event: Event) => void) {}

  /** How many copies are left, the dead letters apart. */
  get left(): number {
    return this.ready.length + this.coming + this.unacked;
  }

  /** There is one copy more. */
  count({ events }: Copy): void {
    for (const { id } of events) this.#copies.set(id, (this.#copies.get(id) ?? 0) + 1);
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
      for (const event of copy.events) {
        const left = (this.#copies.get(event.id) ?? 0) - 1;
        this.#copies.set(event.id, left);
        if (left === 0) this.onGone(event);
      }
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

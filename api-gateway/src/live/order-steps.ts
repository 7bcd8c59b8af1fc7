import { FINAL_STATUSES, type OrderStatus, type OrderView, type TimelineStep } from '@comanda/contracts';
import type { Glimpse } from '@comanda/messaging';
import type { z } from 'zod';
import { orderIdOf } from './changes.js';
import type { EventStream } from './event-stream.js';

type Step = z.infer<typeof TimelineStep>;

/** What is read of an order: its steps so far; `undefined` while nobody who knows them answers. */
export interface OrderReader {
  steps(): Promise<readonly Step[] | undefined>;
  status(): Promise<OrderView['status'] | undefined>;
}

/**
 * What orders-service hears at the moment at which a stream opens is in the timeline a little later, and nobody says so:
 * its event was there before the stream. So a stream looks again.
 */
const SECOND_LOOK_MS = 1_000;

/** How long a step that is not there yet is waited for, each time; the last pause again and again. */
const PAUSES_MS = [25, 50, 100, 200, 400, 800, 1_600, 5_000];

const ENDS: Readonly<Record<string, OrderStatus>> = {
  'order.rejected': 'REJECTED',
  'order.cancelled': 'CANCELLED',
  'order.fulfilled': 'FULFILLED',
};
const endOf = (steps: readonly Step[]): OrderStatus | undefined =>
  steps.flatMap(({ type }) => ENDS[type] ?? []).at(-1);

export const hasEnded = (steps: readonly Step[]): boolean => endOf(steps) !== undefined;

/** Where an event names its order. */
const ORDER_IDS = /"orderId"\s*:\s*"([^"]*)"/g;

/** The streams of single orders. What is sent is what stands in the timeline; events only say when to look. */
export class OrderSteps {
  readonly #followers = new Map<string, Set<StepFollower>>();

  /**
   * Whether one of these events may be about an order that somebody follows. To parse them all for that would cost the
   * gateway a tenth of its time, and nearly all are about other orders.
   *
   * @param content one event or more, as JSON
   */
  mayBeIn(content: Buffer): boolean {
    if (this.#followers.size === 0) return false;
    for (const [, orderId = ''] of content.toString('latin1').matchAll(ORDER_IDS))
      if (this.#followers.has(orderId)) return true;
    return false;
  }

  see(event: Glimpse): void {
    const orderId = orderIdOf(event);
    if (orderId === undefined) return;
    for (const follower of this.#followers.get(orderId) ?? []) follower.expect(event.id);
  }

  /** Events may have been missed. */
  interrupted(): void {
    for (const followers of this.#followers.values()) for (const follower of followers) follower.look();
  }

  /**
   * Sends the steps of an order as they come, until it has ended.
   *
   * @param read its first answer, so that who may not see the order was refused before
   */
  follow(orderId: string, lastId: string | undefined, stream: EventStream, reader: OrderReader): void {
    const follower = new StepFollower(stream, reader, lastId);
    const followers = this.#followers.get(orderId) ?? new Set();
    this.#followers.set(orderId, followers.add(follower));
    stream.onClose(() => {
      follower.stop();
      followers.delete(follower);
      if (followers.size === 0) this.#followers.delete(orderId);
    });
    follower.look();
  }
}

/** Reads the timeline when there is news, one reading after the other, and sends the steps that were not sent. */
class StepFollower {
  readonly #sent = new Set<string>();
  /** The events that were heard and are not in the timeline yet. */
  readonly #expected = new Set<string>();
  #lastId: string | undefined;
  #reading = false;
  #again = false;
  #failures = 0;
  #looks = 0;
  #later: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(
    private readonly stream: EventStream,
    private readonly reader: OrderReader,
    lastId: string | undefined,
  ) {
    this.#lastId = lastId;
  }

  expect(messageId: string): void {
    if (this.#sent.has(messageId)) return;
    this.#expected.add(messageId);
    this.#failures = 0;
    this.look();
  }

  look(): void {
    if (this.#reading || this.#stopped) {
      this.#again = true;
      return;
    }
    clearTimeout(this.#later);
    this.#reading = true;
    void this.#read().finally(() => {
      this.#reading = false;
      if (this.#again) {
        this.#again = false;
        this.look();
      }
    });
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#later);
  }

  async #read(): Promise<void> {
    const steps = await this.reader.steps();
    if (this.#stopped) return;
    if (steps) this.#send(steps);
    const ended = steps && (endOf(steps) ?? (steps.length === 0 ? await this.#finalStatus() : undefined));
    if (ended !== undefined) {
      this.stream.send({ event: 'end', data: { status: ended } });
      this.stream.end();
    } else if (steps === undefined || this.#expected.size > 0) this.#lookLater(this.#pause());
    else if (++this.#looks === 1) this.#lookLater(SECOND_LOOK_MS);
  }

  #send(steps: readonly Step[]): void {
    const heard = steps.findIndex(({ messageId }) => messageId === this.#lastId);
    for (const { messageId } of steps.slice(0, heard + 1)) this.#sent.add(messageId);
    this.#lastId = undefined;
    for (const step of steps) {
      this.#expected.delete(step.messageId);
      if (this.#sent.has(step.messageId)) continue;
      this.#sent.add(step.messageId);
      this.stream.send({ id: step.messageId, event: 'step', data: step });
    }
  }

  /** Of an order so old that its timeline was removed. */
  async #finalStatus(): Promise<OrderStatus | undefined> {
    const status = await this.reader.status();
    return status !== undefined && FINAL_STATUSES.has(status) ? status : undefined;
  }

  #pause(): number | undefined {
    return PAUSES_MS[Math.min(this.#failures++, PAUSES_MS.length - 1)];
  }

  #lookLater(pause: number | undefined): void {
    clearTimeout(this.#later);
    this.#later = setTimeout(() => this.look(), pause);
  }
}

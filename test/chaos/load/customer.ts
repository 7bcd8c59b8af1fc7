import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { derivedId, OrderView } from '@comanda/contracts';
import { z } from 'zod';
import { CUSTOMER } from '../../support/api.js';
import type { Random } from '../random.js';
import { type Client, shown } from './client.js';
import type { Diary, Placed } from './diary.js';
import { CUSTOMER_SCRIPTS, type CustomerScript } from './wishes.js';

const REST_MS: readonly [number, number] = [100, 500];
const LOOK_AGAIN_MS = 300;
const LOOKS = 60;
const OVER = new Set(['CONFIRMED', 'REJECTED', 'CANCELLED']);
const Accepted = z.object({ orderId: z.string() });

/** Places one order after another, and does what its wishes say until it is stopped. */
export class Customer {
  constructor(
    private readonly client: Client,
    private readonly diary: Diary,
    private readonly random: Random,
  ) {}

  async shop(): Promise<void> {
    while (!this.client.closing) {
      await this.#wish(this.random.pick(CUSTOMER_SCRIPTS)).catch((error: unknown) =>
        this.diary.surprises.push(`a customer failed: ${String(error)}`),
      );
      await pause(this.random.between(...REST_MS));
    }
  }

  async #wish(wish: CustomerScript): Promise<void> {
    const key = randomUUID();
    const body = wish.body(this.random);
    const placed = await this.#place(wish, key, body);
    if (!placed) return;
    switch (wish.afterwards) {
      case 'send it again':
        await Promise.all([1, 2, 3].map(() => this.#sendAgain(placed, key, body)));
        return;
      case 'cancel when it has ended':
        await this.#untilOver(placed);
        return this.#cancel(placed);
      case 'cancel at once':
        return this.#cancel(placed);
      default:
        if (this.random.next() < 0.1) await this.#look(placed);
    }
  }

  async #place(wish: CustomerScript, key: string, body: object): Promise<Placed | undefined> {
    // The key names the order's id before it is answered.
    const orderId = derivedId('default', CUSTOMER.accountId, key);
    const placed: Placed = { orderId, wish, cancelled: 'no' };
    const answer = await this.client.settle(
      'POST /orders',
      (api) => api.post('/orders', body, { 'idempotency-key': key }),
      this.#chance,
    );
    if (answer === undefined) {
      this.diary.perhaps.set(orderId, placed);
      if (!this.client.closing)
        this.diary.surprises.push(`order ${orderId} was not accepted in all the time`);
      return undefined;
    }
    if (answer.status !== 202) {
      this.diary.surprises.push(`order ${orderId} was answered ${shown(answer)}`);
      return undefined;
    }
    const given = Accepted.parse(answer.body).orderId;
    if (given !== orderId)
      this.diary.surprises.push(`key ${key} names order ${orderId}, but ${given} was answered`);
    this.diary.accepted.set(given, placed);
    return placed;
  }

  /** The same request once more, at any gateway: it must get the same order. */
  async #sendAgain({ orderId }: Placed, key: string, body: object): Promise<void> {
    const answer = await this.client.settle(
      'POST /orders, again',
      (api) => api.post('/orders', body, { 'idempotency-key': key }),
      this.#chance,
    );
    if (answer === undefined) return;
    const given = answer.status === 202 ? Accepted.parse(answer.body).orderId : shown(answer);
    if (given !== orderId) this.diary.surprises.push(`order ${orderId}, sent again, was answered ${given}`);
  }

  async #cancel(placed: Placed): Promise<void> {
    const key = randomUUID();
    placed.cancelled = 'perhaps';
    const answer = await this.client.settle(
      'POST /orders/:id/cancel',
      (api) => api.post(`/orders/${placed.orderId}/cancel`, {}, { 'idempotency-key': key }),
      this.#chance,
      // Another gateway than the one that took the order may not know it yet.
      (status) => status === 404,
    );
    if (answer?.status === 202) placed.cancelled = 'yes';
    else if (answer?.status === 409) placed.cancelled = answer.lost ? 'perhaps' : 'no';
    else if (answer)
      this.diary.surprises.push(`the cancellation of ${placed.orderId} was answered ${shown(answer)}`);
  }

  async #untilOver(placed: Placed): Promise<void> {
    for (let look = 0; look < LOOKS && !this.client.closing; look += 1) {
      if (OVER.has((await this.#look(placed)) ?? '')) return;
      await pause(LOOK_AGAIN_MS);
    }
  }

  async #look({ orderId }: Placed): Promise<string | undefined> {
    const answer = await this.client.once(
      'GET /orders/:id',
      (api) => api.get(`/orders/${orderId}`),
      this.#chance,
    );
    if (answer === undefined || answer.status === 503 || answer.status === 404 || answer.status === 401)
      return undefined;
    if (answer.status === 200) return OrderView.parse(answer.body).status;
    this.diary.surprises.push(`GET of order ${orderId} was answered ${shown(answer)}`);
    return undefined;
  }

  readonly #chance = (): number => this.random.next();
}

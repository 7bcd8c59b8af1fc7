import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { PRODUCTS } from '../../support/api.js';
import type { Random } from '../random.js';
import { type Client, shown } from './client.js';
import type { Diary } from './diary.js';
import { HOT_PRODUCT } from './wishes.js';

const REST_MS: readonly [number, number] = [500, 2_000];

/** Adds and removes stock, each adjustment under a reason and a key of its own. */
export class Staff {
  constructor(
    private readonly client: Client,
    private readonly diary: Diary,
    private readonly random: Random,
  ) {}

  async work(): Promise<void> {
    while (!this.client.closing) {
      await this.#adjust().catch((error: unknown) =>
        this.diary.surprises.push(`staff failed: ${String(error)}`),
      );
      await pause(this.random.between(...REST_MS));
    }
  }

  async #adjust(): Promise<void> {
    const key = randomUUID();
    const reason = `chaos ${key}`;
    const productId = this.random.pick([HOT_PRODUCT, HOT_PRODUCT, PRODUCTS.croissant, PRODUCTS.espresso]);
    const delta = this.random.pick([8, 5, 3, -2]);
    const answer = await this.client.settle(
      'POST /products/:id/stock-adjustments',
      (api) =>
        api.post(`/products/${productId}/stock-adjustments`, { delta, reason }, { 'idempotency-key': key }),
      () => this.random.next(),
    );
    const outcome =
      answer?.status === 200 ? 'done' : answer?.status === 409 && !answer.lost ? 'refused' : 'perhaps';
    this.diary.adjusted.push({ reason, productId, delta, outcome });
    if (answer && answer.status !== 200 && answer.status !== 409)
      this.diary.surprises.push(`an adjustment of ${productId} was answered ${shown(answer)}`);
  }
}

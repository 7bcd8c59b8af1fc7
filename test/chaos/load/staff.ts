import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { PRODUCTS } from '../../support/api.js';
import type { Random } from '../random.js';
import { type Client, type Settled, shown } from './client.js';
import type { Adjusted, Diary } from './diary.js';
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
    this.diary.adjusted.push({ reason, productId, delta, outcome: outcomeOf(answer) });
    if (answer && ![200, 202, 409].includes(answer.status))
      this.diary.surprises.push(`an adjustment of ${productId} was answered ${shown(answer)}`);
  }
}

function outcomeOf(answer: Settled | undefined): Adjusted['outcome'] {
  if (answer?.status === 200) return 'done';
  if (answer?.status === 202) return 'accepted';
  return answer?.status === 409 && !answer.lost ? 'refused' : 'perhaps';
}

import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { orderOf, PRODUCTS } from '../support/api.js';
import type { Installation } from '../support/installation.js';
import { until } from '../support/until.js';
import type { Edge } from './edge.js';

export interface SteadyLoadOptions {
  /** Orders a second, as far as the answers allow. */
  readonly rate: number;
  /** How many customers share them. */
  readonly clients: number;
}

const Accepted = z.object({ orderId: z.string() });
const Refused = z.object({ code: z.string() });

/**
 * Customers who place orders through the edge and read each right after its 202, on kept and on fresh connections, with
 * an Idempotency-Key and without. Nothing is sent again: what is not answered as it must be has failed.
 */
export class SteadyLoad {
  requests = 0;
  /** Why each of them failed. */
  readonly failed: string[] = [];
  readonly accepted: string[] = [];
  #inFlight = 0;
  #placed = 0;
  #stopped = false;
  readonly #clients: Promise<void>[];

  private constructor(
    private readonly edge: Edge,
    private readonly installation: Installation,
    { rate, clients }: SteadyLoadOptions,
  ) {
    const everyMs = (1_000 * clients) / rate;
    this.#clients = Array.from({ length: clients }, (_, at) => this.#run(everyMs, (everyMs * at) / clients));
  }

  static start(edge: Edge, installation: Installation, options: SteadyLoadOptions): SteadyLoad {
    return new SteadyLoad(edge, installation, options);
  }

  /** How many orders were not answered 202: each of them may exist all the same. */
  get open(): number {
    return this.failed.filter((why) => why.startsWith('POST')).length;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Waits until so many more orders have been placed, from now on. */
  async more(orders: number): Promise<void> {
    const wanted = this.#placed + orders;
    await until(`${orders} more orders are placed`, () => this.#placed >= wanted, { everyMs: 10 });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#clients);
  }

  async #run(everyMs: number, firstMs: number): Promise<void> {
    for (let due = Date.now() + firstMs; ; due += everyMs) {
      await pause(Math.max(0, due - Date.now()));
      if (this.#stopped) return;
      await this.#placeAndRead(this.#placed++);
      // What a slow machine could not send in time is not sent in a burst.
      due = Math.max(due, Date.now() - everyMs);
    }
  }

  async #placeAndRead(at: number): Promise<void> {
    const [keyed, fresh] = [at % 2 === 0, at % 4 >= 2];
    const headers = keyed ? { 'idempotency-key': randomUUID() } : {};
    const answer = await this.#send('POST', '/orders', 202, {
      ...{ headers, fresh },
      body: orderOf(PRODUCTS.espresso),
    });
    if (answer === undefined) return;
    const { orderId } = Accepted.parse(answer);
    this.accepted.push(orderId);
    this.installation.accepted.push(orderId);
    await this.#send('GET', `/orders/${orderId}`, 200, { fresh });
  }

  /** The answer, when it is the one that it must be. */
  async #send(
    method: string,
    path: string,
    expected: number,
    options: { headers?: Record<string, string>; fresh: boolean; body?: unknown },
  ): Promise<unknown> {
    this.requests += 1;
    this.#inFlight += 1;
    try {
      const { token } = this.installation.customer;
      const { status, body } = await this.edge.send(method, path, { token, ...options });
      if (status === expected) return body;
      this.failed.push(`${method} ${status} ${Refused.safeParse(body).data?.code ?? ''}`.trim());
    } catch (error) {
      this.failed.push(`${method} ${String(error)}`);
    } finally {
      this.#inFlight -= 1;
    }
    return undefined;
  }
}

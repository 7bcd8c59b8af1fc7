import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { derivedId } from '@comanda/contracts';
import { z } from 'zod';
import { type Api, CUSTOMER, PRODUCTS } from './api.js';
import type { Installation } from './installation.js';
import { PATIENCE_MS, until } from './until.js';

/** What becomes of an order is known when it is placed: the simulated provider and the stock leave no choice. */
export type Fate = 'CONFIRMED' | 'DECLINED' | 'OUT_OF_STOCK';

const BODIES: Readonly<Record<Fate, object>> = {
  CONFIRMED: {
    items: [
      { productId: PRODUCTS.espresso, quantity: 2 },
      { productId: PRODUCTS.cappuccino, quantity: 1 },
    ],
    payment: { method: 'sim_approved' },
  },
  DECLINED: { productId: PRODUCTS.espresso, quantity: 3, payment: { method: 'sim_declined' } },
  OUT_OF_STOCK: { productId: PRODUCTS.medialuna, quantity: 501, payment: { method: 'sim_approved' } },
};
/** Of ten orders. */
const MIX: readonly Fate[] = [
  'CONFIRMED',
  'CONFIRMED',
  'DECLINED',
  'CONFIRMED',
  'CONFIRMED',
  'OUT_OF_STOCK',
  'CONFIRMED',
  'DECLINED',
  'CONFIRMED',
  'CONFIRMED',
];

export const ESPRESSOS_PER_ORDER = 2;
export const CAPPUCCINOS_PER_ORDER = 1;
/** Cents of an order that is confirmed. */
export const ORDER_TOTAL = 2 * 180 + 280;

export interface Refusal {
  readonly status: number;
  readonly contentType: string | null;
  readonly retryAfter: string | null;
  readonly body: unknown;
}

export interface LoadOptions {
  /** Clients that place one order after another. */
  readonly clients?: number;
  /** How long a client rests between two orders. */
  readonly pauseMs?: number;
  /** As whom, and at which gateway, the clients order in turn; as the installation's customer when left out. */
  readonly customers?: readonly Api[];
  /** Called for each order with how long it took to be accepted, from when it was sent first, in milliseconds. */
  readonly onAccepted?: (waitedMs: number) => void;
}

const Accepted = z.object({ orderId: z.string() });
const Refused = z.object({ code: z.string() });
const RETRY_MS = 200;

/**
 * Clients that place orders until they are stopped. Each order has an Idempotency-Key, which names its id
 * before it is answered; one that is refused with 503 is sent again with the same key until it is accepted.
 */
export class Load {
  readonly accepted = new Map<string, Fate>();
  /** Orders whose answer was lost with the connection and could not be asked for again. */
  readonly perhaps = new Map<string, Fate>();
  /** Every 503 that was answered. */
  readonly refusals: Refusal[] = [];
  /** Anything that should never happen. */
  readonly surprises: string[] = [];
  #placed = 0;
  #stopped = false;
  readonly #clients: Promise<void>[];

  private constructor(
    private readonly installation: Installation,
    private readonly options: LoadOptions,
  ) {
    const { clients = 6, pauseMs = 20 } = options;
    this.#clients = Array.from({ length: clients }, (_, at) => this.#run(at, pauseMs));
  }

  static start(installation: Installation, options: LoadOptions = {}): Load {
    return new Load(installation, options);
  }

  /** Waits until so many more orders have been accepted, from now on. */
  async more(orders: number): Promise<void> {
    const wanted = this.accepted.size + orders;
    await until(`${orders} more orders are accepted`, () => this.accepted.size >= wanted, { everyMs: 10 });
  }

  /** Waits until the orders that are under way at this moment include one of this status. */
  async midFlow(): Promise<void> {
    await until('an order is under way', () => this.installation.hasOpenOrders(), { everyMs: 1 });
  }

  /** No new orders; those that were begun are seen through. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#clients);
  }

  count(fate: Fate): number {
    return [...this.accepted.values()].filter((one) => one === fate).length;
  }

  async #run(client: number, pauseMs: number): Promise<void> {
    while (!this.#stopped) {
      const fate = MIX[this.#placed++ % MIX.length] ?? 'CONFIRMED';
      const { customers } = this.options;
      const customer = customers?.[client % customers.length] ?? this.installation.customer;
      await this.#place(customer, fate).catch((error: unknown) => this.surprises.push(String(error)));
      await pause(pauseMs);
    }
  }

  async #place(customer: Api, fate: Fate): Promise<void> {
    const key = randomUUID();
    const expected = derivedId('default', CUSTOMER.accountId, key);
    const since = performance.now();
    const deadline = Date.now() + PATIENCE_MS;
    let lost = false;
    let unstored = false;
    for (;;) {
      const answer = await customer
        .post('/orders', BODIES[fate], { 'idempotency-key': key })
        .catch(() => undefined);
      if (answer?.status === 202) {
        const { orderId } = Accepted.parse(answer.body);
        if (orderId !== expected) this.surprises.push(`${key} must name ${expected}, was given ${orderId}`);
        this.accepted.set(orderId, fate);
        this.options.onAccepted?.(performance.now() - since);
        return;
      }
      if (answer === undefined) {
        lost = true;
      } else if (answer.status === 503) {
        unstored ||= Refused.safeParse(answer.body).data?.code === 'STORAGE_UNAVAILABLE';
        this.refusals.push({
          status: answer.status,
          contentType: answer.headers.get('content-type'),
          retryAfter: answer.headers.get('retry-after'),
          body: answer.body,
        });
      } else if (answer.status === 409 && (lost || unstored)) {
        // The gateway died with this request in its hands, or its database in the middle of a commit: the key is taken
        // until it is given up.
        this.perhaps.set(expected, fate);
        return;
      } else {
        this.surprises.push(`an order was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
        return;
      }
      if (Date.now() > deadline) {
        this.surprises.push(`order ${expected} was not accepted within ${PATIENCE_MS / 1000} s`);
        // A 503 may have come too late for what was begun in time.
        this.perhaps.set(expected, fate);
        return;
      }
      await pause(RETRY_MS);
    }
  }
}

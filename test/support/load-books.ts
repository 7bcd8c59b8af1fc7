import { afterEach, expect } from '@jest/globals';
import { PRODUCTS } from './api.js';
import { type Books, checkBooks } from './books.js';
import type { Installation } from './installation.js';
import {
  CAPPUCCINOS_PER_ORDER,
  ESPRESSOS_PER_ORDER,
  type Fate,
  Load,
  type LoadOptions,
  ORDER_TOTAL,
} from './load.js';

const ENDS: Readonly<Record<Fate, { status: string; failure_code: string | null }>> = {
  CONFIRMED: { status: 'CONFIRMED', failure_code: null },
  DECLINED: { status: 'REJECTED', failure_code: 'CARD_DECLINED' },
  OUT_OF_STOCK: { status: 'REJECTED', failure_code: 'OUT_OF_STOCK' },
};

/** The loads of one suite, one after another. */
export class Loads {
  readonly #loads: Load[] = [];

  constructor(private readonly installation: Installation) {}

  start(options: LoadOptions = {}): Load {
    const load = Load.start(this.installation, options);
    this.#loads.push(load);
    return load;
  }

  /**
   * A load to which something happens in mid-flow, after so many orders and before so many more; it has stopped, and
   * the books were right.
   */
  async through(atWork: {
    readonly before: number;
    readonly happens: (load: Load) => Promise<unknown>;
    readonly after: number;
  }): Promise<Load> {
    const load = this.start();
    await load.more(atWork.before);
    await load.midFlow();
    await atWork.happens(load);
    await load.more(atWork.after);
    await load.stop();
    await this.checkBooks();
    return load;
  }

  async stop(): Promise<void> {
    await this.#loads.at(-1)?.stop();
  }

  checkBooks(): Promise<Books> {
    return checkBooksAfter(this.installation, this.#loads);
  }
}

/** The last load of a test that failed is stopped, so that the next test has the installation to itself. */
export function useLoads(installation: Installation): Loads {
  const loads = new Loads(installation);
  afterEach(() => loads.stop());
  return loads;
}

/**
 * The books after all loads that ever ran on an installation, with the exact numbers that follow from what was
 * accepted: every order has met its fate, and what was sold and captured is what the confirmed ones asked for.
 */
async function checkBooksAfter(installation: Installation, loads: readonly Load[]): Promise<Books> {
  expect(loads.flatMap(({ surprises }) => surprises)).toEqual([]);
  const accepted = new Map(loads.flatMap((load) => [...load.accepted]));
  const perhaps = new Map(loads.flatMap((load) => [...load.perhaps]));
  const books = await checkBooks(installation, {
    accepted: [...accepted.keys()],
    perhaps: [...perhaps.keys()],
  });
  const ended = installation.rows<{ order_id: string; status: string; failure_code: string | null }>(
    'orders',
    'SELECT order_id, status, failure_code FROM orders',
  );
  const fates = ended.map(({ order_id }) => accepted.get(order_id) ?? perhaps.get(order_id));
  expect(ended.map(({ status, failure_code }) => ({ status, failure_code }))).toEqual(
    fates.map((fate) => fate && ENDS[fate]),
  );
  const confirmed = fates.filter((fate) => fate === 'CONFIRMED').length;
  const shortOfStock = fates.filter((fate) => fate === 'OUT_OF_STOCK').length;
  expect({
    orders: books.orders,
    confirmed: books.confirmed,
    cancelled: books.cancelled,
    espressos: books.sold.get(PRODUCTS.espresso),
    cappuccinos: books.sold.get(PRODUCTS.cappuccino),
    medialunas: books.sold.get(PRODUCTS.medialuna),
    kept: books.kept,
    refused: books.reservations.REFUSED ?? 0,
    // Taken, and ended: two of each order; reserved and ended, and the money, for those whose stock was there.
    events: books.events,
  }).toEqual({
    orders: fates.length,
    confirmed,
    cancelled: 0,
    espressos: confirmed * ESPRESSOS_PER_ORDER,
    cappuccinos: confirmed * CAPPUCCINOS_PER_ORDER,
    medialunas: 0,
    kept: confirmed * ORDER_TOTAL,
    refused: shortOfStock,
    events: (fates.length - shortOfStock) * 5 + shortOfStock * 3,
  });
  return books;
}

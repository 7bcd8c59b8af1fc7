import type { SentEvent } from './event-stream.js';
import type { Entry } from './ring.js';

/** At most 90 a second, in turns, so that no second has more than a hundred. */
const TURN_MS = 100;
const PER_TURN = 9;
/** A client that is to be told of more than that fetches anew what it shows. */
const MOST_WAITING = 1_000;
const MOST_PRODUCTS = 1_000;

/**
 * What one client is still to be told, oldest first; of changes of the same thing it is told the newest. So what it has
 * heard up to an id, together with what comes after it, is all that there is.
 */
export class Paced {
  readonly #waiting = new Map<string, Entry>();
  #left = PER_TURN;
  #turn: NodeJS.Timeout | undefined;

  constructor(
    private readonly send: (event: SentEvent) => void,
    private readonly tooMuch: () => void,
  ) {}

  offer(entry: Entry): void {
    const { key } = entry;
    const waiting = this.#waiting.get(key);
    // It stays where it was: what is always changing would else always wait.
    this.#waiting.set(key, waiting ? merged(waiting, entry) : entry);
    if (this.#waiting.size > MOST_WAITING || productsOf(this.#waiting.get(key)) > MOST_PRODUCTS) {
      this.clear();
      this.tooMuch();
      return;
    }
    if (this.#left > 0) this.#sendSome();
  }

  /** What waits is not sent. */
  clear(): void {
    this.#waiting.clear();
  }

  #sendSome(): void {
    for (const [key, { id, change }] of this.#waiting) {
      if (this.#left === 0) break;
      this.#left--;
      this.#waiting.delete(key);
      this.send({ id, event: change.name, data: change.data });
    }
    this.#turn ??= setTimeout(() => {
      this.#turn = undefined;
      this.#left = PER_TURN;
      if (this.#waiting.size > 0) this.#sendSome();
    }, TURN_MS);
  }
}

/** The id of the older one: who comes back with it hears the newer one again, and misses nothing between the two. */
function merged(older: Entry, newer: Entry): Entry {
  const [before, after] = [older.change, newer.change];
  if (before.name !== 'STOCK_CHANGED' || after.name !== 'STOCK_CHANGED')
    return isOlder(after, before) ? older : { ...newer, id: older.id };
  const productIds = [...new Set([...before.data.productIds, ...after.data.productIds])];
  return { ...older, change: { ...before, data: { productIds } } };
}

/** What an order was is told late when its event was published again after a crash. */
const isOlder = (one: Entry['change'], other: Entry['change']): boolean =>
  one.name === 'ORDER_UPDATED' && other.name === 'ORDER_UPDATED' && one.data.updatedAt < other.data.updatedAt;

const productsOf = (entry: Entry | undefined): number =>
  entry?.change.name === 'STOCK_CHANGED' ? entry.change.data.productIds.length : 0;

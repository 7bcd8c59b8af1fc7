import type { Comanda } from '@comanda/client';
import type { DeliveryStatus, DeliveryView } from '@comanda/contracts';

/** Which deliveries are followed. */
export interface DeliveryFilter {
  readonly subscriptionId?: string;
  readonly orderId?: string;
  readonly status?: DeliveryStatus;
}

/** What is new since the last look, the oldest first. */
export interface Changes {
  readonly deliveries: readonly DeliveryView[];
  /** Whether more came than was read: then some are missing. */
  readonly missed: boolean;
}

const PAGE = 100;
/** In one look; 1,000 deliveries a second are more than anybody reads. */
const MAX_PAGES = 10;
/** Deliveries that still wait, and are older than what a look reads, are asked for one by one. */
const MAX_ASKED = 20;
const MAX_KNOWN = 5_000;

const stateOf = ({ status, nextAttemptAt = '' }: DeliveryView): string => `${status} ${nextAttemptAt}`;

/**
 * Follows deliveries by looking at their list again and again: streams tell only those that fail (docs/live.md), because
 * all are too many to be sent one by one.
 */
export class DeliveryFeed {
  /** By id, as they were when they were last seen; those seen longest ago go first. */
  readonly #known = new Map<string, DeliveryView>();
  #begun = false;

  constructor(
    private readonly api: Pick<Comanda, 'get'>,
    private readonly filter: DeliveryFilter,
    /** How many are shown that were there before. */
    private readonly earlier: number,
  ) {}

  /** What has changed since the last look. */
  async look(): Promise<Changes> {
    const { read, missed } = this.#begun ? await this.#newest() : await this.#first();
    this.#begun = true;
    const found = [...read, ...(await this.#stillWaiting(read))];
    const changed = found.filter((one) => {
      const known = this.#known.get(one.deliveryId);
      return known === undefined || stateOf(known) !== stateOf(one);
    });
    for (const one of found.toReversed()) this.#remember(one);
    // Those that were left out at the beginning are known, and shown when they change.
    return { deliveries: changed.toReversed(), missed };
  }

  async #first() {
    const { items } = await this.#page(undefined);
    for (const one of items.slice(this.earlier)) this.#remember(one);
    return { read: items.slice(0, this.earlier), missed: false };
  }

  async #newest() {
    const read: DeliveryView[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const { items, nextCursor } = await this.#page(cursor);
      read.push(...items);
      if (nextCursor === null || items.some(({ deliveryId }) => this.#known.has(deliveryId)))
        return { read, missed: false };
      cursor = nextCursor;
    }
    return { read, missed: true };
  }

  async #stillWaiting(read: readonly DeliveryView[]): Promise<DeliveryView[]> {
    const seen = new Set(read.map(({ deliveryId }) => deliveryId));
    const now = new Date().toISOString();
    const due = [...this.#known.values()].filter(
      ({ deliveryId, status, nextAttemptAt = '' }) =>
        status === 'PENDING' && nextAttemptAt <= now && !seen.has(deliveryId),
    );
    const asked = due
      .slice(0, MAX_ASKED)
      .map(({ deliveryId }) => this.api.get('/deliveries/{deliveryId}', { path: { deliveryId } }));
    return (await Promise.all(asked)).map(({ attempts: _, ...delivery }) => delivery);
  }

  #page(cursor: string | undefined) {
    return this.api.get('/deliveries', {
      query: { ...this.filter, limit: PAGE, ...(cursor !== undefined && { cursor }) },
    });
  }

  #remember(delivery: DeliveryView): void {
    this.#known.delete(delivery.deliveryId);
    this.#known.set(delivery.deliveryId, delivery);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest);
  }
}

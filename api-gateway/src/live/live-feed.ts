import { randomBytes } from 'node:crypto';
import { LIVE_EVENTS, type LiveTopic, type Message } from '@comanda/contracts';
import { BoundedMap } from '@comanda/kit';
import { type Change, changesOf, orderToAskFor, orderUpdated } from './changes.js';
import type { SentEvent } from './event-stream.js';
import type { OrderViews } from './order-views.js';
import { Paced } from './paced.js';
import { type Entry, type Origin, Ring } from './ring.js';

/** Of how many tenants changes are kept; of the others a client that comes back is told to fetch anew. */
const MAX_TENANTS = 100;
/** Of how many orders it is known when they changed last. */
const MAX_ORDERS = 10_000;

interface Follower {
  readonly topics: ReadonlySet<LiveTopic>;
  readonly paced: Paced;
  refetch(): void;
}

/** What has changed lately, of each tenant, and who is told of it. All that is heard of a tenant passes here, in order. */
export class LiveFeed {
  #rings = new BoundedMap<string, Ring>(MAX_TENANTS);
  readonly #followers = new Map<string, Set<Follower>>();
  readonly #changedAt = new BoundedMap<string, string>(MAX_ORDERS);

  constructor(private readonly orders: Pick<OrderViews, 'after'>) {}

  /** Whether anybody follows. */
  get any(): boolean {
    return this.#followers.size > 0;
  }

  hear(event: Message<unknown>, at: number): void {
    const { id, tenantid, source } = event;
    for (const [number, change] of changesOf(event).entries())
      this.#tell(tenantid, change, { name: `${id}-${number}`, source, at });
    const orderId = orderToAskFor(event);
    if (orderId !== undefined) void this.#ask(event, orderId, at);
  }

  /** What was told meanwhile is not known, of any tenant. */
  interrupted(): void {
    this.#rings = new BoundedMap(MAX_TENANTS);
    for (const tenantId of this.#followers.keys()) this.#refetch(tenantId);
  }

  /**
   * Tells somebody what changes from now on or, when they come back, since what they heard last.
   *
   * @param lastId what a client that comes back heard last
   */
  follow(
    tenantId: string,
    topics: ReadonlySet<LiveTopic>,
    lastId: string | undefined,
    send: (event: SentEvent) => void,
  ): { stop(): void } {
    const refetch = () => send({ id: this.#ringOf(tenantId).here, event: 'REFETCH', data: {} });
    const follower = { topics, paced: new Paced(send, refetch), refetch };
    const followers = this.#followers.get(tenantId) ?? new Set();
    this.#followers.set(tenantId, followers.add(follower));
    if (lastId === undefined) send({ id: this.#ringOf(tenantId).here, event: 'READY', data: {} });
    else {
      const missed = this.#ringOf(tenantId).after(lastId);
      if (missed) for (const entry of missed) offer(follower, entry);
      else refetch();
    }
    return {
      stop: () => {
        follower.paced.clear();
        followers.delete(follower);
        if (followers.size === 0) this.#followers.delete(tenantId);
      },
    };
  }

  #tell(tenantId: string, change: Change, origin: Origin): void {
    if (this.#isOld(change)) return;
    const entry = this.#ringOf(tenantId).add(change, origin);
    for (const follower of this.#followers.get(tenantId) ?? []) offer(follower, entry);
  }

  /** An event may be told again after a crash, when its order has changed since. */
  #isOld(change: Change): boolean {
    if (change.name !== 'ORDER_UPDATED') return false;
    const { orderId, updatedAt } = change.data;
    const known = this.#changedAt.get(orderId);
    if (known !== undefined && updatedAt < known) return true;
    this.#changedAt.set(orderId, updatedAt);
    return false;
  }

  async #ask({ id, tenantid, source, time }: Message<unknown>, orderId: string, at: number): Promise<void> {
    // What orders-service tells it has committed before; what it hears as we do, it handles at this moment.
    const since = source === 'orders-service' ? undefined : time;
    const order = await this.orders.after(tenantid, orderId, since);
    if (order) this.#tell(tenantid, orderUpdated(order), { name: `${id}-0`, source, at });
    else this.#missed(tenantid);
  }

  /** One change of this tenant can't be told. */
  #missed(tenantId: string): void {
    this.#rings.delete(tenantId);
    this.#refetch(tenantId);
  }

  #refetch(tenantId: string): void {
    for (const follower of this.#followers.get(tenantId) ?? []) {
      follower.paced.clear();
      follower.refetch();
    }
  }

  #ringOf(tenantId: string): Ring {
    const ring = this.#rings.get(tenantId) ?? new Ring(randomBytes(6).toString('base64url'));
    this.#rings.set(tenantId, ring);
    return ring;
  }
}

function offer({ topics, paced }: Follower, entry: Entry): void {
  if (topics.has(LIVE_EVENTS[entry.change.name].topic)) paced.offer(entry);
}

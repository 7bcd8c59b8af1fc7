import { setTimeout as pause } from 'node:timers/promises';
import { GetOrder, type OrderView, timeOfId, type Viewer } from '@comanda/contracts';
import { type RequestContext, Unavailable } from '@comanda/messaging';
import { Inject, Injectable } from '@nestjs/common';
import { type Caller, viewerOf } from '../auth/caller.js';
import { Problem } from '../problems/problem.js';
import { ServiceClient } from '../routes/service-client.js';
import { AcceptedOrders, isSeenBy } from './accepted-orders.js';
import { SHARED_SECONDS, SharedAcceptedOrders } from './shared-accepted-orders.js';

/** An order that is younger may be on its way to orders-service; then it is worth asking again. */
const YOUNG_MS = 5_000;
/** When Redis knows nothing of it either: what the gateway that accepted it told Redis may be on its way, too. */
const ONCE_MORE_MS = [100];
/** While Redis is away, nobody else can know it. */
const PAUSES_MS = [50, 100, 200, 400, 400];

/** Which order a request is about, and who asks. */
export interface AboutOrder {
  readonly orderId: string;
  readonly caller: Caller;
  readonly context: RequestContext;
}

/** An order as this caller may see it; for others there is none. */
@Injectable()
export class VisibleOrders {
  constructor(
    @Inject(ServiceClient) private readonly services: ServiceClient,
    @Inject(AcceptedOrders) private readonly accepted: AcceptedOrders,
    @Inject(SharedAcceptedOrders) private readonly shared: SharedAcceptedOrders,
  ) {}

  /** Throws a 404 problem, or `Unavailable`. */
  get(orderId: string, caller: Caller, context: RequestContext): Promise<OrderView> {
    const viewer = viewerOf(caller);
    return this.read(
      { orderId, caller, context },
      () => this.services.ask(GetOrder, { orderId, viewer }, context, orderId),
      (order) => order,
    );
  }

  /**
   * Asks orders-service about an order. When it is away, or does not know the order yet, the answer is that of the order
   * as a gateway accepted it, if one did. A gateway that can't know whether another one did asks again for a moment.
   *
   * @param ask throws a 404 problem when there is no such order for this caller
   * @param pending the answer as long as the order is only accepted
   */
  async read<T>(about: AboutOrder, ask: () => Promise<T>, pending: (order: OrderView) => T): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof Unavailable || isUnknown(error))) throw error;
      const { order, pausesMs } = await this.#accepted(about);
      if (order) return pending(order);
      if (!isUnknown(error)) throw error;
      return askAgain(about, ask, error, pausesMs);
    }
  }

  /** The order as it was accepted; else after which pauses it may be there. */
  async #accepted({ orderId, caller, context: { tenantId } }: AboutOrder): Promise<{
    readonly order?: OrderView | undefined;
    readonly pausesMs: readonly number[];
  }> {
    const viewer: Viewer = viewerOf(caller);
    const order = this.accepted.find(orderId, tenantId, viewer);
    if (order || !mayBeYounger(orderId, SHARED_SECONDS * 1_000)) return { order, pausesMs: [] };
    const [known, otherwise] = mayBeYounger(orderId, YOUNG_MS) ? [ONCE_MORE_MS, PAUSES_MS] : [[], []];
    try {
      const found = await this.shared.find(tenantId, orderId);
      return { order: found && isSeenBy(viewer, found) ? found : undefined, pausesMs: known };
    } catch {
      // Without Redis it is asked for a little longer: nothing else follows from that.
      return { pausesMs: otherwise };
    }
  }
}

async function askAgain<T>(
  { context: { deadline = Number.POSITIVE_INFINITY } }: AboutOrder,
  ask: () => Promise<T>,
  unknown: Problem,
  pausesMs: readonly number[],
): Promise<T> {
  for (const ms of pausesMs) {
    if (performance.now() + ms >= deadline) break;
    await pause(ms);
    try {
      return await ask();
    } catch (error) {
      if (!isUnknown(error)) throw error;
    }
  }
  throw unknown;
}

const isUnknown = (error: unknown): error is Problem => error instanceof Problem && error.status === 404;

/** Our ids tell when they were made, but for those that were derived from an Idempotency-Key (version 8). */
function mayBeYounger(id: string, ms: number): boolean {
  const version = id[14];
  return version === '8' || (version === '7' && Date.now() - timeOfId(id) < ms);
}

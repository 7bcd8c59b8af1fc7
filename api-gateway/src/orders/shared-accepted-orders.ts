import { OrderView } from '@comanda/contracts';
import { LOGGER, REDIS } from '@comanda/service-kit';
import { Inject, Injectable } from '@nestjs/common';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { type AcceptedOrder, pendingView } from './accepted-orders.js';

/** Longer than orders-service is behind, but for a fault; the gateway that accepted an order knows it for longer. */
export const SHARED_SECONDS = 60;

/**
 * The orders that any gateway has answered with 202 lately, in Redis: who asks another gateway right after the 202 sees
 * the order, too. Like the memory of each gateway it bridges moments and decides nothing.
 */
@Injectable()
export class SharedAcceptedOrders {
  constructor(
    @Inject(REDIS) private readonly redis: Pick<Redis, 'status' | 'set' | 'get'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Tells the other gateways. Nobody waits for it: the answer to the client goes out at once. */
  tell(order: AcceptedOrder): void {
    if (this.redis.status !== 'ready') return;
    const { tenantId, orderId } = order;
    this.redis
      .set(nameOf(tenantId, orderId), JSON.stringify(pendingView(order)), 'EX', SHARED_SECONDS)
      .catch((error: unknown) =>
        this.logger.debug({ orderId, error: String(error) }, 'other gateways were not told of an order'),
      );
  }

  /** The order as it was accepted; `undefined` when nobody told of it. Rejects when Redis does not answer. */
  async find(tenantId: string, orderId: string): Promise<OrderView | undefined> {
    const found = await this.redis.get(nameOf(tenantId, orderId));
    return found === null ? undefined : OrderView.parse(JSON.parse(found));
  }
}

const nameOf = (tenantId: string, orderId: string): string => `accepted:${tenantId}:${orderId}`;

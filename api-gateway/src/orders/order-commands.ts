import { type CommandType, type DataOf, GetOrder, Id, OrderStatus, type OrderView } from '@comanda/contracts';
import { type RequestContext, Requester } from '@comanda/messaging';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { type Caller, viewerOf } from '../auth/caller.js';
import { orderId, refundId } from '../description/examples.js';
import { named } from '../description/named.js';
import { Problem } from '../problems/problem.js';
import type { Repeated } from '../routes/idempotent-id.js';
import { orMissing } from '../routes/or-missing.js';
import { ServiceClient } from '../routes/service-client.js';
import { type AboutOrder, VisibleOrders } from './visible-orders.js';

/** How long the caller waits to hear how the order stands; then the command goes out all the same. */
const LOOK_UP_MS = 250;

export const Accepted = named(
  'AcceptedRequest',
  z.object({
    orderId: Id,
    requestId: Id.describe('The same in the timeline, and in the event that says what became of the request'),
    status: OrderStatus.optional().describe('As it was before; missing when it could not be asked'),
  }),
  { orderId, requestId: refundId, status: 'CONFIRMED' },
);
export type Accepted = z.infer<typeof Accepted>;

export interface OrderCommand<C extends CommandType> {
  readonly command: C;
  readonly data: DataOf<C>;
  readonly orderId: string;
  readonly requestId: string;
  readonly caller: Caller;
  readonly context: RequestContext;
  /** Why the order, in its present state, does not allow the command. */
  refuse(order: OrderView): Problem | undefined;
  /** A repeat's first copy may have changed the order, or been refused; only orders-service knows. */
  readonly repeated: Repeated;
}

/**
 * Sends a command about an existing order. It is durable like the order itself: orders-service carries it out even when
 * it is away now. The gateway refuses at once what is impossible; orders-service makes the decision itself.
 */
@Injectable()
export class OrderCommands {
  constructor(
    @Inject(Requester) private readonly requester: Requester,
    @Inject(ServiceClient) private readonly services: ServiceClient,
    @Inject(VisibleOrders) private readonly orders: VisibleOrders,
  ) {}

  /** Throws a `Problem`, or `Unavailable`. */
  async send<C extends CommandType>(request: OrderCommand<C>): Promise<Accepted> {
    const { command, data, context, orderId, requestId, repeated } = request;
    const order = await this.#find(request);
    const problem = order && request.refuse(order);
    // Who comes again hears what became of the first request; sent once more, it could be told for a second time.
    if (repeated === 'yes' || (problem && repeated === 'perhaps'))
      await this.services.ask(command, data, context, orderId);
    else if (problem) throw problem;
    else await this.requester.send(command, data, { ...context, subject: orderId });
    return { orderId, requestId, ...(order && { status: order.status }) };
  }

  /** How the order stands; `undefined` when that can't be learned now. */
  async #find({ orderId, caller, context }: AboutOrder): Promise<OrderView | undefined> {
    const about = { orderId, viewer: viewerOf(caller) };
    try {
      return await this.orders.read<OrderView | undefined>(
        { orderId, caller, context },
        // While orders-service is away, what was accepted may be long confirmed.
        () => orMissing(this.services.ask(GetOrder, about, soon(context), orderId)),
        (order) => order,
      );
    } catch (error) {
      if (error instanceof Problem && error.status >= 500) return undefined;
      throw error;
    }
  }
}

const soon = (context: RequestContext): RequestContext => ({
  ...context,
  deadline: Math.min(context.deadline ?? Number.POSITIVE_INFINITY, performance.now() + LOOK_UP_MS),
});

import { CancelOrder, GetOrder, Id, OrderStatus } from '@comanda/contracts';
import { type RequestContext, Requester, Unavailable } from '@comanda/messaging';
import { Body, Controller, Inject, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { type Caller, Context, CurrentCaller, viewerOf } from '../auth/caller.js';
import { API } from '../http/api.js';
import { Operation } from '../http/operation.js';
import { Problem, problemOfRefusal } from '../http/problem.js';
import { AcceptedOrders } from './accepted-orders.js';
import { OrderParams } from './orders.controller.js';

/** How long the caller waits to hear that there is no such order; then the command goes out all the same. */
const LOOK_UP_MS = 250;

const CancelBody = z.strictObject({ reason: z.string().min(1).max(500).optional() }).optional();
const Accepted = z.object({
  orderId: Id,
  status: OrderStatus.optional().describe('Before the cancellation; missing when it could not be asked'),
});
const FINAL: readonly OrderStatus[] = ['REJECTED', 'FULFILLED'];

/** Takes cancellations: durable like orders, and carried out when orders-service comes to them. */
@ApiTags('orders')
@Controller(`${API}/orders`)
export class OrderCancellationController {
  constructor(
    @Inject(Requester) private readonly requester: Requester,
    @Inject(AcceptedOrders) private readonly accepted: AcceptedOrders,
  ) {}

  @Post(':orderId/cancel')
  @Operation({
    summary: 'Cancel an order',
    description: 'What was reserved goes back on the shelf, what was paid is refunded.',
    access: 'signed-in',
    status: 202,
    result: Accepted,
    problems: {
      404: 'There is no such order, or it is somebody else’s',
      409: 'The order has ended and can’t be cancelled; or a request with this Idempotency-Key is in flight',
    },
    idempotent: true,
  })
  async cancel(
    @Param({ schema: OrderParams }) { orderId }: OrderParams,
    @Body({ schema: CancelBody }) body: z.infer<typeof CancelBody>,
    @CurrentCaller() caller: Caller,
    @Context() context: RequestContext,
  ): Promise<z.infer<typeof Accepted>> {
    const status = await this.#statusOf(orderId, caller, context);
    if (status !== undefined && FINAL.includes(status))
      throw new Problem(409, 'NOT_CANCELLABLE', `The order is ${status}: there is nothing left to cancel.`);
    const viewer = viewerOf(caller);
    const reason = body?.reason ?? `Cancelled by the ${caller.role}`;
    await this.requester.send(CancelOrder, { orderId, reason, viewer }, context, orderId);
    return { orderId, ...(status !== undefined && { status }) };
  }

  /** `undefined` when orders-service can't tell now: it will decide by itself when it comes to the command. */
  async #statusOf(
    orderId: string,
    caller: Caller,
    context: RequestContext,
  ): Promise<OrderStatus | undefined> {
    const viewer = viewerOf(caller);
    try {
      const asked = { subject: orderId, timeoutMs: LOOK_UP_MS };
      const answer = await this.requester.ask(GetOrder, { orderId, viewer }, context, asked);
      if (answer.ok) return answer.result.status;
      const pending = this.accepted.find(orderId, context.tenantId, viewer);
      if (pending) return pending.status;
      if (answer.refusal.status < 500) throw problemOfRefusal(answer.refusal);
      return undefined;
    } catch (error) {
      if (error instanceof Unavailable) return undefined;
      throw error;
    }
  }
}

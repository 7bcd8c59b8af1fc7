import {
  CancelOrder,
  FulfilOrder,
  OrderCancelled,
  OrderCancelRejected,
  OrderFulfilled,
  OrderFulfilRejected,
  OrderRefundRejected,
  OrderRefundRequested,
  type OrderView,
  PaymentRefunded,
  Reason,
  RefundFailed,
  RefundOrder,
} from '@comanda/contracts';
import type { RequestContext } from '@comanda/messaging';
import { Body, Controller, Inject, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { type Caller, Context, CurrentCaller, viewerOf } from '../auth/caller.js';
import { cancelReason, refundReason } from '../description/examples.js';
import { named } from '../description/named.js';
import { Nothing } from '../description/nothing.js';
import { Problem } from '../problems/problem.js';
import { API } from '../routes/api.js';
import { IdempotentId, IsRepeated, type Repeated } from '../routes/idempotent-id.js';
import { Operation } from '../routes/operation.js';
import { Accepted, OrderCommands } from './order-commands.js';
import { OrderParams } from './orders.controller.js';

const CancelBody = named('OrderCancellation', z.strictObject({ reason: Reason.optional() }), {
  reason: cancelReason,
}).optional();
const RefundBody = named(
  'NewRefund',
  z.strictObject({ ...RefundOrder.data.pick({ amount: true }).shape, reason: Reason }),
  { amount: 180, reason: refundReason },
);

const NOT_FOUND = ['UNKNOWN_ORDER'] as const;

/** Takes the commands about an existing order: cancel, refund, fulfil. */
@ApiTags('orders')
@Controller(`${API}/orders`)
export class OrderChangesController {
  constructor(@Inject(OrderCommands) private readonly commands: OrderCommands) {}

  @Post(':orderId/cancel')
  @Operation({
    id: 'cancelOrder',
    summary: 'Cancel an order',
    description: 'What was reserved goes back on the shelf, what was paid is refunded.',
    access: 'signed-in',
    scope: 'orders:write',
    status: 202,
    outcome: { yes: [OrderCancelled], no: [OrderCancelRejected] },
    result: Accepted,
    problems: { 404: NOT_FOUND, 409: ['NOT_CANCELLABLE', 'REQUEST_REFUSED'] },
    idempotent: true,
  })
  cancel(
    @Param({ schema: OrderParams }) { orderId }: OrderParams,
    @Body({ schema: CancelBody }) body: z.infer<typeof CancelBody>,
    @CurrentCaller() caller: Caller,
    @Context() context: RequestContext,
    @IdempotentId({ names: 'cancel', within: 'orderId' }) requestId: string,
    @IsRepeated() repeated: Repeated,
  ): Promise<Accepted> {
    const reason = body?.reason ?? `Cancelled by the ${caller.role}`;
    return this.commands.send({
      command: CancelOrder,
      data: { orderId, requestId, reason, viewer: viewerOf(caller) },
      ...{ orderId, requestId, caller, context },
      refuse: ({ status }) =>
        ['REJECTED', 'FULFILLED'].includes(status)
          ? new Problem(409, 'NOT_CANCELLABLE', `The order is ${status}: there is nothing left to cancel.`)
          : undefined,
      repeated,
    });
  }

  @Post(':orderId/refunds')
  @Operation({
    id: 'refundOrder',
    summary: 'Give money back: a part, or all that is left when no amount is named',
    description: 'In minor units. The order stays as it is, and nothing goes back on the shelf.',
    access: 'staff',
    scope: 'orders:write',
    status: 202,
    outcome: { yes: [OrderRefundRequested, PaymentRefunded], no: [OrderRefundRejected, RefundFailed] },
    result: Accepted,
    problems: { 404: NOT_FOUND, 409: ['EXCEEDS_REMAINING', 'NOT_REFUNDABLE', 'REQUEST_REFUSED'] },
    idempotent: true,
  })
  refund(
    @Param({ schema: OrderParams }) { orderId }: OrderParams,
    @Body({ schema: RefundBody }) body: z.infer<typeof RefundBody>,
    @CurrentCaller() caller: Caller,
    @Context() context: RequestContext,
    @IdempotentId({ names: 'refund', within: 'orderId' }) requestId: string,
    @IsRepeated() repeated: Repeated,
  ): Promise<Accepted> {
    return this.commands.send({
      command: RefundOrder,
      data: { ...body, orderId, requestId, viewer: viewerOf(caller) },
      ...{ orderId, requestId, caller, context },
      refuse: (found) => whyNotRefunded(found, body.amount),
      repeated,
    });
  }

  @Post(':orderId/fulfil')
  @Operation({
    id: 'fulfilOrder',
    summary: 'Mark a confirmed order as fulfilled: the goods were handed over',
    description: 'It can still be refunded, but not be cancelled any more.',
    access: 'staff',
    scope: 'orders:write',
    status: 202,
    outcome: { yes: [OrderFulfilled], no: [OrderFulfilRejected] },
    result: Accepted,
    problems: { 404: NOT_FOUND, 409: ['NOT_FULFILLABLE', 'REQUEST_REFUSED'] },
    idempotent: true,
  })
  fulfil(
    @Param({ schema: OrderParams }) { orderId }: OrderParams,
    @Body({ schema: Nothing }) _body: z.infer<typeof Nothing>,
    @CurrentCaller() caller: Caller,
    @Context() context: RequestContext,
    @IdempotentId({ names: 'fulfil', within: 'orderId' }) requestId: string,
    @IsRepeated() repeated: Repeated,
  ): Promise<Accepted> {
    return this.commands.send({
      command: FulfilOrder,
      data: { orderId, requestId, viewer: viewerOf(caller) },
      ...{ orderId, requestId, caller, context },
      refuse: ({ status }) =>
        ['CONFIRMED', 'FULFILLED'].includes(status)
          ? undefined
          : new Problem(409, 'NOT_FULFILLABLE', `The order is ${status}; only a confirmed one is fulfilled.`),
      repeated,
    });
  }
}

function whyNotRefunded(order: OrderView, amount: number | undefined): Problem | undefined {
  const { status, totalAmount, refundedAmount, refundingAmount = 0, currency } = order;
  if (!['CONFIRMED', 'FULFILLED'].includes(status))
    return new Problem(409, 'NOT_REFUNDABLE', `The order is ${status}: there is no payment to refund.`);
  const left = totalAmount - refundedAmount - refundingAmount;
  if (left >= (amount ?? 1)) return undefined;
  const detail = `amount: ${left} of ${totalAmount} ${currency} (minor units) are left to be refunded.`;
  return new Problem(409, 'EXCEEDS_REMAINING', detail);
}

import {
  GetOrderTimeline,
  Id,
  ListAttemptsOfOrder,
  ListOrders,
  ListPaymentsByOrder,
  ListRefundRequests,
  ListRefundsByOrder,
  OrderStatus,
  type OrderView,
} from '@comanda/contracts';
import type { RequestContext } from '@comanda/messaging';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { type Caller, Context, CurrentCaller, viewerOf } from '../auth/caller.js';
import { API } from '../routes/api.js';
import { NoCache } from '../routes/no-cache.js';
import { Operation } from '../routes/operation.js';
import { orMissing } from '../routes/or-missing.js';
import { pageQuery } from '../routes/page-query.js';
import { ServiceClient } from '../routes/service-client.js';
import { Order, OrderPage, OrderState, OrderTimeline, PaymentList } from './order-schemas.js';
import { RefundsView, refundsView } from './refunds-view.js';
import { VisibleOrders } from './visible-orders.js';
import { wholeTimeline } from './whole-timeline.js';

export const OrderParams = z.strictObject({ orderId: Id });
export type OrderParams = z.infer<typeof OrderParams>;

const OrdersQuery = z
  .strictObject({
    status: OrderStatus.optional(),
    createdAfter: ListOrders.data.shape.createdAfter,
    createdBefore: ListOrders.data.shape.createdBefore,
    ...pageQuery,
  })
  .refine(
    ({ createdAfter, createdBefore }) =>
      createdAfter === undefined || createdBefore === undefined || createdAfter < createdBefore,
    { path: ['createdBefore'], message: 'must be later than createdAfter: no order lies between them' },
  );
const NOT_FOUND = { 404: ['UNKNOWN_ORDER'] } as const;

/** Orders as their owner and the staff see them. */
@ApiTags('orders')
@Controller(`${API}/orders`)
export class OrdersController {
  constructor(
    @Inject(ServiceClient) private readonly services: ServiceClient,
    @Inject(VisibleOrders) private readonly orders: VisibleOrders,
  ) {}

  @Get()
  @Operation({
    id: 'listOrders',
    tagged: true,
    summary: 'Orders, newest first: a customer’s own, all for staff',
    access: 'signed-in',
    scope: 'orders:read',
    result: OrderPage,
  })
  list(
    @Query({ schema: OrdersQuery }) query: z.infer<typeof OrdersQuery>,
    @CurrentCaller() caller: Caller,
    @Context() context: RequestContext,
    @NoCache() anew: boolean,
  ) {
    const asked = { ...query, anew, viewer: viewerOf(caller) };
    return this.services.ask(ListOrders, asked, context, caller.accountId);
  }

  @Get(':orderId')
  @Operation({
    id: 'getOrder',
    tagged: true,
    summary: 'One order',
    description:
      'Just accepted, it is PENDING with the prices as they were looked up; a total of 0 XXX says that they are not known yet.',
    access: 'signed-in',
    scope: 'orders:read',
    result: Order,
    problems: NOT_FOUND,
  })
  get(
    @Param({ schema: OrderParams }) { orderId }: OrderParams,
    @CurrentCaller() caller: Caller,
    @Context() context: RequestContext,
  ): Promise<OrderView> {
    return this.orders.get(orderId, caller, context);
  }

  @Get(':orderId/status')
  @Operation({
    id: 'getOrderStatus',
    tagged: true,
    summary: 'Only the status of an order',
    access: 'signed-in',
    scope: 'orders:read',
    result: OrderState,
    problems: NOT_FOUND,
  })
  async status(
    @Param({ schema: OrderParams }) params: OrderParams,
    @CurrentCaller() caller: Caller,
    @Context() context: RequestContext,
  ): Promise<z.infer<typeof OrderState>> {
    return OrderState.parse(await this.get(params, caller, context));
  }

  @Get(':orderId/timeline')
  @Operation({
    id: 'getOrderTimeline',
    summary: 'Each step of an order with its cause, and who was told of it',
    description:
      'Each attempt to tell the customer is a step, `notification.attempt`. Who may manage webhooks also sees those of deliveries, `delivery.attempt`. While webhook-publisher does not answer, they are missing, and `missing` says so.',
    access: 'signed-in',
    scope: 'orders:read',
    result: OrderTimeline,
    problems: NOT_FOUND,
  })
  async timeline(
    @Param({ schema: OrderParams }) { orderId }: OrderParams,
    @CurrentCaller() caller: Caller,
    @Context() context: RequestContext,
  ): Promise<z.infer<typeof OrderTimeline>> {
    const viewer = viewerOf(caller);
    const withDeliveries = caller.role === 'staff' && caller.scopes.includes('webhooks:manage');
    const [{ items }, attempts] = await Promise.all([
      this.orders.read(
        { orderId, caller, context },
        () => this.services.ask(GetOrderTimeline, { orderId, viewer }, context, orderId),
        () => ({ items: [] }),
      ),
      // Asked at the same time, and shown to those alone to whom orders-service shows the order.
      orMissing(this.services.ask(ListAttemptsOfOrder, { orderId, withDeliveries }, context, orderId)),
    ]);
    return attempts
      ? { items: wholeTimeline(items, attempts.items) }
      : { items, missing: [ListAttemptsOfOrder.to] };
  }

  @Get(':orderId/payments')
  @Operation({
    id: 'listOrderPayments',
    summary: 'What was charged and refunded for an order',
    access: 'signed-in',
    scope: 'orders:read',
    result: PaymentList,
    problems: NOT_FOUND,
  })
  async payments(
    @Param({ schema: OrderParams }) params: OrderParams,
    @CurrentCaller() caller: Caller,
    @Context() context: RequestContext,
  ) {
    // payments-service doesn't know whose order it is: orders-service says so first.
    await this.get(params, caller, context);
    return this.services.ask(ListPaymentsByOrder, params, context, params.orderId);
  }

  @Get(':orderId/refunds')
  @Operation({
    id: 'listOrderRefunds',
    summary: 'What went back of an order, is on its way back, or was refused; oldest first',
    access: 'signed-in',
    scope: 'orders:read',
    result: RefundsView,
    problems: NOT_FOUND,
  })
  async refunds(
    @Param({ schema: OrderParams }) { orderId }: OrderParams,
    @CurrentCaller() caller: Caller,
    @Context() context: RequestContext,
  ) {
    const viewer = viewerOf(caller);
    const requests = await this.orders.read(
      { orderId, caller, context },
      () => this.services.ask(ListRefundRequests, { orderId, viewer }, context, orderId),
      () => ({ items: [] }),
    );
    const refunds = await this.services.ask(ListRefundsByOrder, { orderId }, context, orderId);
    return refundsView(refunds.items, requests.items);
  }
}

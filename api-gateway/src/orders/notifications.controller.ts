import { ContactChannel, EraseContact, ListNotifications, NotificationView } from '@comanda/contracts';
import type { RequestContext } from '@comanda/messaging';
import { Controller, Delete, Get, Inject, Param, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { type Caller, Context, CurrentCaller, viewerOf } from '../auth/caller.js';
import { createdAt, eventId, updatedAt } from '../description/examples.js';
import { named } from '../description/named.js';
import { API } from '../routes/api.js';
import { Operation } from '../routes/operation.js';
import { type Pending, pending } from '../routes/pending.js';
import { ServiceClient } from '../routes/service-client.js';
import { OrderParams } from './orders.controller.js';
import { VisibleOrders } from './visible-orders.js';

const notification = {
  notificationId: '0192d1a4-a200-8000-8000-00000000f001',
  eventId,
  eventType: 'order.confirmed',
  channel: 'email',
  target: 'a***@example.com',
  status: 'DELIVERED',
  at: createdAt,
  attempts: [{ at: updatedAt, statusCode: 250 }],
} as const;
named('ContactChannel', ContactChannel, 'email');
named('Notification', NotificationView, { ...notification, attempts: [...notification.attempts] });
const NotificationList = named('NotificationList', ListNotifications.result, {
  items: [{ ...notification, attempts: [...notification.attempts] }],
});
const NOT_FOUND = { 404: ['UNKNOWN_ORDER'] } as const;

/** What the customer of an order is told, and where. */
@ApiTags('orders')
@Controller(`${API}/orders`)
export class NotificationsController {
  constructor(
    @Inject(ServiceClient) private readonly services: ServiceClient,
    @Inject(VisibleOrders) private readonly orders: VisibleOrders,
  ) {}

  @Get(':orderId/notifications')
  @Operation({
    id: 'listOrderNotifications',
    summary: 'What the customer of an order was told, on which channel, and how it went; oldest first',
    access: 'signed-in',
    scope: 'orders:read',
    result: NotificationList,
    problems: NOT_FOUND,
  })
  async list(
    @Param({ schema: OrderParams }) { orderId }: OrderParams,
    @CurrentCaller() caller: Caller,
    @Context() context: RequestContext,
  ) {
    // webhook-publisher doesn't know whose order it is: orders-service says so first.
    await this.orders.get(orderId, caller, context);
    const viewer = viewerOf(caller);
    return this.services.ask(ListNotifications, { orderId, viewer }, context, orderId);
  }

  @Delete(':orderId/notify')
  @Operation({
    id: 'eraseOrderContact',
    summary: 'Erase where the customer of an order is told, and tell them nothing more',
    access: 'signed-in',
    scope: 'orders:write',
    status: 204,
    problems: NOT_FOUND,
    mayPend: true,
  })
  async erase(
    @Param({ schema: OrderParams }) { orderId }: OrderParams,
    @CurrentCaller() caller: Caller,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Pending | undefined> {
    await this.orders.get(orderId, caller, context);
    const erased = await this.services.carryOut(EraseContact, { orderId }, context, orderId);
    return erased ? undefined : pending(reply, `/${API}/orders/${orderId}/notifications`);
  }
}

import { randomBytes } from 'node:crypto';
import {
  type Contact,
  CreateOrder,
  contactOf,
  Id,
  OrderCancelled,
  OrderConfirmed,
  OrderCreateRejected,
  OrderRejected,
  OrderStatus,
  RememberContact,
  Timestamp,
} from '@comanda/contracts';
import { sealFor } from '@comanda/kit';
import { type RequestContext, Requester } from '@comanda/messaging';
import { Body, Controller, Inject, Post, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type Caller, Context, CurrentCaller } from '../auth/caller.js';
import { createdAt, orderId } from '../description/examples.js';
import { named } from '../description/named.js';
import { ProductLookUp } from '../products/product-look-up.js';
import { API } from '../routes/api.js';
import { IdempotentId } from '../routes/idempotent-id.js';
import { Operation } from '../routes/operation.js';
import { KeyedRequestHash } from '../routes/request-hash.js';
import { AcceptedOrders } from './accepted-orders.js';
import { ContactKey } from './contact-key.js';
import { linesOf, OrderBody, wantedBy } from './order-body.js';
import { OrdersOfKeys } from './orders-of-keys.js';
import { refuseWhatIsNotForSale } from './products-for-sale.js';
import { SharedAcceptedOrders } from './shared-accepted-orders.js';

const Accepted = named(
  'AcceptedOrder',
  z.object({ orderId: Id, status: OrderStatus, createdAt: Timestamp }),
  {
    orderId,
    status: 'PENDING',
    createdAt,
  },
);

/** Takes orders. The 202 says that the broker has the order on disk; the gateway waits for nothing else. */
@ApiTags('orders')
@Controller(`${API}/orders`)
export class OrderPlacementController {
  constructor(
    @Inject(Requester) private readonly requester: Requester,
    @Inject(ProductLookUp) private readonly products: ProductLookUp,
    @Inject(OrdersOfKeys) private readonly ordersOfKeys: OrdersOfKeys,
    @Inject(AcceptedOrders) private readonly accepted: AcceptedOrders,
    @Inject(SharedAcceptedOrders) private readonly shared: SharedAcceptedOrders,
    @Inject(ContactKey) private readonly contactKey: ContactKey,
  ) {}

  @Post()
  @Operation({
    id: 'placeOrder',
    summary: 'Place an order',
    access: 'customer',
    scope: 'orders:write',
    status: 202,
    outcome: { yes: [OrderConfirmed], no: [OrderRejected, OrderCancelled, OrderCreateRejected] },
    result: Accepted,
    headers: ['Location'],
    problems: { 422: ['CURRENCY_NOT_IN_FORCE', 'PRODUCT_INACTIVE', 'UNKNOWN_PRODUCT'] },
    idempotent: true,
  })
  async place(
    @Body({ schema: OrderBody }) body: OrderBody,
    @IdempotentId({ names: 'order' }) orderId: string,
    @KeyedRequestHash() bodyHash: string | undefined,
    @CurrentCaller() caller: Caller,
    @Context() context: RequestContext,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof Accepted>> {
    const lines = linesOf(body);
    const { accountId, tenantId } = caller;
    const lookUp = this.products.find(
      lines.map(({ productId }) => productId),
      context,
    );
    // Both are asked at once; without a key the id is new, and there is nothing to ask.
    if (bodyHash !== undefined) await this.ordersOfKeys.refuseOtherBody(orderId, bodyHash, caller, context);
    const products = await lookUp;
    refuseWhatIsNotForSale(body, products);

    const command = {
      orderId,
      customerId: accountId,
      ...wantedBy(body),
      ...(bodyHash !== undefined && { bodyHash }),
    };
    // Before the order, so that it is there when the first events of the order come.
    if (body.notify) await this.#rememberContact(orderId, body.notify, context);
    await this.requester.send(CreateOrder, command, { ...context, subject: orderId });

    const createdAt = new Date().toISOString();
    const order = { tenantId, orderId, customerId: accountId, lines, products, createdAt };
    this.accepted.remember(order);
    this.shared.tell(order);
    request.orderId = orderId;
    reply.header('location', `/${API}/orders/${orderId}`);
    return { orderId, status: 'PENDING', createdAt };
  }
  async #rememberContact(
    orderId: string,
    { locale, ...contact }: NonNullable<OrderBody['notify']>,
    context: RequestContext,
  ): Promise<void> {
    const key = await this.contactKey.find(context);
    const about = contactOf(context.tenantId, orderId);
    const sealedContact = sealFor(key, JSON.stringify(contact satisfies Contact), about, randomBytes(32));
    const command = { orderId, sealedContact, locale };
    await this.requester.send(RememberContact, command, { ...context, subject: orderId });
  }
}

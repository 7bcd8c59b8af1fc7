import { GetOrder, type OrderView } from '@comanda/contracts';
import type { RequestContext } from '@comanda/messaging';
import { Inject, Injectable } from '@nestjs/common';
import { type Caller, viewerOf } from '../auth/caller.js';
import { ServiceClient } from '../routes/service-client.js';
import { AcceptedOrders } from './accepted-orders.js';
import { orAccepted } from './or-accepted.js';

/** An order as this caller may see it; for others there is none. */
@Injectable()
export class VisibleOrders {
  constructor(
    @Inject(ServiceClient) private readonly services: ServiceClient,
    @Inject(AcceptedOrders) private readonly accepted: AcceptedOrders,
  ) {}

  /** Throws a 404 problem, or `Unavailable`. */
  get(orderId: string, caller: Caller, context: RequestContext): Promise<OrderView> {
    const viewer = viewerOf(caller);
    return orAccepted(this.accepted.find(orderId, context.tenantId, viewer), () =>
      this.services.ask(GetOrder, { orderId, viewer }, context, orderId),
    );
  }
}

import { accept, FulfilOrder, refuse } from '@comanda/contracts';
import { on, respond } from '@comanda/messaging';
import { decide } from '../domain/decide.js';
import type { Order } from '../domain/order.js';
import { effectsOf } from '../effects/order-effects.js';
import { refusedBefore } from '../effects/refuse-request.js';
import { orders, refusedRequests } from '../storage/tables.js';

/** Staff hand the goods over. */
export const fulfilOrder = on(FulfilOrder, 'fulfil order', {
  needs: ({ id, tenantid, data }) => ({
    order: orders.lock(tenantid, data.orderId),
    refused: refusedRequests.lock(tenantid, data.orderId, data.requestId ?? id),
  }),
  decide: (message, { order, refused }, context) => {
    if (message.data.viewer.role !== 'staff')
      return [respond(refuse(403, 'FORBIDDEN', 'Only staff mark an order as fulfilled.'))];
    if (refused) return refusedBefore(message, refused);
    const requested = { command: 'fulfil', requestId: message.data.requestId ?? message.id } as const;
    const trigger = { kind: 'fulfil-requested' } as const;
    return effectsOf(decide(order, trigger, context.now), { message, trigger, answer, requested }, context);
  },
});

/** An order that is fulfilled already is what staff want. */
const answer = ({ order: { orderId, status } }: { order: Order }) =>
  status === 'FULFILLED'
    ? accept({ orderId, status })
    : refuse(409, 'NOT_FULFILLABLE', `The order is ${status} and can't be fulfilled.`);

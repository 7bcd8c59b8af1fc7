import { accept, FulfilOrder, refuse } from '@comanda/contracts';
import { on, respond } from '@comanda/messaging';
import { decide } from '../domain/decide.js';
import type { Order } from '../domain/order.js';
import { effectsOf } from '../effects/order-effects.js';
import { orders } from '../storage/tables.js';

/** Staff hand the goods over. */
export const fulfilOrder = on(FulfilOrder, 'fulfil order', {
  needs: ({ tenantid, data }) => ({ order: orders.lock(tenantid, data.orderId) }),
  decide: (message, { order }, context) => {
    if (message.data.viewer.role !== 'staff')
      return [respond(refuse(403, 'FORBIDDEN', 'Only staff mark an order as fulfilled.'))];
    const trigger = { kind: 'fulfil-requested' } as const;
    return effectsOf(decide(order, trigger, context.now), { message, trigger, answer }, context);
  },
});

/** An order that is fulfilled already is what staff want. */
const answer = ({ order: { orderId, status } }: { order: Order }) =>
  status === 'FULFILLED'
    ? accept({ orderId, status })
    : refuse(409, 'NOT_FULFILLABLE', `The order is ${status} and can't be fulfilled.`);

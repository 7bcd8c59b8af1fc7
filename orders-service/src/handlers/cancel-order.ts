import { accept, CancelOrder, refuse } from '@comanda/contracts';
import { on, respond } from '@comanda/messaging';
import { decide } from '../domain/decide.js';
import type { Order } from '../domain/order.js';
import { effectsOf } from '../effects/order-effects.js';
import { refusedBefore, refuseRequest } from '../effects/refuse-request.js';
import { orders, refusedRequests } from '../storage/tables.js';

export const cancelOrder = on(CancelOrder, 'cancel order', {
  needs: ({ id, tenantid, data }) => ({
    order: orders.lock(tenantid, data.orderId),
    refused: refusedRequests.lock(tenantid, data.orderId, data.requestId ?? id),
  }),
  decide: (message, { order, refused }, context) => {
    const { orderId, requestId = message.id, reason, viewer } = message.data;
    const requested = { command: 'cancel', requestId } as const;
    if (order && viewer.role === 'customer' && order.customerId !== viewer.accountId)
      return [
        ...(refused ? [] : refuseRequest(order, { message, requested, refusal: NOT_THE_OWNER }, context)),
        respond(refuse(404, 'UNKNOWN_ORDER', `There is no order ${orderId}.`)),
      ];
    if (refused) return refusedBefore(message, refused);
    const trigger = { kind: 'cancel-requested', reason, by: viewer.role } as const;
    return effectsOf(decide(order, trigger, context.now), { message, trigger, answer, requested }, context);
  },
});

/** For staff; who requested it hears that there is no such order. */
const NOT_THE_OWNER = {
  status: 403,
  code: 'FORBIDDEN',
  detail: 'Somebody who does not own the order requested it.',
};

/** An order that is cancelled already is what the client wants. */
const answer = ({ order: { orderId, status } }: { order: Order }) =>
  status === 'CANCELLED'
    ? accept({ orderId, status })
    : refuse(409, 'NOT_CANCELLABLE', `The order is ${status} and can't be cancelled.`);

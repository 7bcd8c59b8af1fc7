import { RefundFailed } from '@comanda/contracts';
import { on } from '@comanda/messaging';
import { decide } from '../domain/decide.js';
import { effectsOf } from '../effects/order-effects.js';
import { orders, refundRequests } from '../storage/tables.js';

export const noteRefundFailed = on(RefundFailed, 'note that a refund failed', {
  needs: ({ tenantid, data }) => ({
    order: orders.lock(tenantid, data.orderId),
    request: refundRequests.lock(tenantid, data.orderId, data.requestId),
  }),
  decide: (message, { order, request }, context) => {
    const { code, remaining } = message.data;
    const payment = { remaining, sequence: message.sequence ?? 0 };
    const trigger = { kind: 'refund-failed', code, request, payment } as const;
    return effectsOf(decide(order, trigger, context.now), { message, trigger }, context);
  },
});

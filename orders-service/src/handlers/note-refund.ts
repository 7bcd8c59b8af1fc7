import { PaymentRefunded } from '@comanda/contracts';
import { on } from '@comanda/messaging';
import { decide } from '../domain/decide.js';
import { effectsOf } from '../effects/order-effects.js';
import { orders, refundRequests } from '../storage/tables.js';

/**
 * A refund that staff requested has the id of its request. Any other refund compensates a rejected or cancelled order, or
 * was made at the provider.
 */
export const noteRefund = on(PaymentRefunded, 'note refund', {
  needs: ({ tenantid, data }) => ({
    order: orders.lock(tenantid, data.orderId),
    request: refundRequests.lock(tenantid, data.orderId, data.refundId),
  }),
  decide: (message, { order, request }, context) => {
    const { amount, remaining } = message.data;
    const payment = { remaining, sequence: message.sequence ?? 0 };
    const trigger = { kind: 'refunded', amount, request, payment } as const;
    return effectsOf(decide(order, trigger, context.now), { message, trigger }, context);
  },
});

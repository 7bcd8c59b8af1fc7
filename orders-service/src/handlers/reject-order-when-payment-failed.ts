import { PaymentFailed } from '@comanda/contracts';
import { on } from '@comanda/messaging';
import { decide } from '../domain/decide.js';
import { effectsOf } from '../effects/order-effects.js';
import { orders } from '../storage/tables.js';

export const rejectOrderWhenPaymentFailed = on(PaymentFailed, 'reject order when payment failed', {
  needs: ({ tenantid, data }) => ({ order: orders.lock(tenantid, data.orderId) }),
  decide: (message, { order }, context) => {
    const { code, reason } = message.data;
    const trigger = { kind: 'payment-failed', code, reason } as const;
    return effectsOf(decide(order, trigger, context.now), { message, trigger }, context);
  },
});

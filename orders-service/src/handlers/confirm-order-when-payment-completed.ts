import { PaymentCompleted } from '@comanda/contracts';
import { on } from '@comanda/messaging';
import { decide } from '../domain/decide.js';
import { effectsOf } from '../effects/order-effects.js';
import { orders } from '../storage/tables.js';

export const confirmOrderWhenPaymentCompleted = on(PaymentCompleted, 'confirm order when payment completed', {
  needs: ({ tenantid, data }) => ({ order: orders.lock(tenantid, data.orderId) }),
  decide: (message, { order }, context) => {
    const trigger = { kind: 'payment-completed', paymentId: message.data.paymentId } as const;
    return effectsOf(decide(order, trigger, context.now), { message, trigger }, context);
  },
});

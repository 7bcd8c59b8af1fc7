import { PaymentDisputed } from '@comanda/contracts';
import { on } from '@comanda/messaging';
import { decide } from '../domain/decide.js';
import { effectsOf } from '../effects/order-effects.js';
import { orders } from '../storage/tables.js';

export const noteDispute = on(PaymentDisputed, 'note that the payment is disputed', {
  needs: ({ tenantid, data }) => ({ order: orders.lock(tenantid, data.orderId) }),
  decide: (message, { order }, context) => {
    const { status, amount, currency, code, remaining } = message.data;
    const payment = { remaining, sequence: message.sequence ?? 0 };
    const trigger = { kind: 'disputed', status, amount, currency, code, payment } as const;
    return effectsOf(decide(order, trigger, context.now), { message, trigger }, context);
  },
});

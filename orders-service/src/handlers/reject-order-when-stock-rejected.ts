import { StockRejected } from '@comanda/contracts';
import { on } from '@comanda/messaging';
import { decide } from '../domain/decide.js';
import { effectsOf } from '../effects/order-effects.js';
import { orders } from '../storage/tables.js';

export const rejectOrderWhenStockRejected = on(StockRejected, 'reject order when stock rejected', {
  needs: ({ tenantid, data }) => ({ order: orders.lock(tenantid, data.orderId) }),
  decide: (message, { order }, context) => {
    const trigger = { kind: 'stock-rejected', reason: message.data.reason } as const;
    return effectsOf(decide(order, trigger, context.now), { message, trigger }, context);
  },
});

import { StockCommitted } from '@comanda/contracts';
import { on } from '@comanda/messaging';
import { decide } from '../domain/decide.js';
import { effectsOf } from '../effects/order-effects.js';
import { orders } from '../storage/tables.js';

export const noteStockCommitted = on(StockCommitted, 'note that stock was committed', {
  needs: ({ tenantid, data }) => ({ order: orders.lock(tenantid, data.orderId) }),
  decide: (message, { order }, context) => {
    const trigger = { kind: 'stock-committed', items: message.data.items.length } as const;
    return effectsOf(decide(order, trigger, context.now), { message, trigger }, context);
  },
});

import { StockRejected } from '@comanda/contracts';
import { on } from '@comanda/messaging';
import { orders } from '../storage/tables.js';
import { advance } from './steps.js';

export const rejectOrderWhenStockRejected = on(StockRejected, 'reject order when stock rejected', {
  needs: ({ tenantid, data }) => ({ order: orders.lock(tenantid, data.orderId) }),
  decide: (message, { order }, context) =>
    advance(message, order, { kind: 'stock-rejected', reason: message.data.reason }, context),
});

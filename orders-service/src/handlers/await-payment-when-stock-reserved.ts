import { StockReserved } from '@comanda/contracts';
import { on } from '@comanda/messaging';
import { orders } from '../storage/tables.js';
import { advance } from './steps.js';

export const awaitPaymentWhenStockReserved = on(StockReserved, 'await payment when stock reserved', {
  needs: ({ tenantid, data }) => ({ order: orders.lock(tenantid, data.orderId) }),
  decide: (message, { order }, context) => advance(message, order, { kind: 'stock-reserved' }, context),
});

import { StockReserved } from '@comanda/contracts';
import { onOrder } from './on-order.js';

export const awaitPaymentWhenStockReserved = onOrder(
  StockReserved,
  'await payment when stock reserved',
  () => ({ kind: 'stock-reserved' }),
);

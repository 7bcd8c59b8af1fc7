import { StockRejected } from '@comanda/contracts';
import { onOrder } from './on-order.js';

export const rejectOrderWhenStockRejected = onOrder(
  StockRejected,
  'reject order when stock rejected',
  ({ reason }) => ({ kind: 'stock-rejected', reason }),
);

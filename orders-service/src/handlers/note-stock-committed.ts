import { StockCommitted } from '@comanda/contracts';
import { onOrder } from './on-order.js';

export const noteStockCommitted = onOrder(StockCommitted, 'note that stock was committed', ({ items }) => ({
  kind: 'stock-committed',
  items: items.length,
}));

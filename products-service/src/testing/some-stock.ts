import { noStock, type Stock } from '../domain/stock.js';

/** Stock of a product; nothing of it when nothing is said. */
export const someStock = (more: Partial<Stock> = {}): Stock => ({
  ...noStock('default', 'espresso', '2026-01-01T11:00:00.000Z'),
  ...more,
});

import { StockCommitted, StockReleased } from '@comanda/contracts';
import { on } from '@comanda/messaging';
import { record } from './steps.js';

/** The order does not depend on these; its timeline shows them. */
export const noteStockCommitted = on(StockCommitted, 'note that stock was committed', {
  needs: () => ({}),
  decide: (message) => [record(message, { items: message.data.items.length })],
});

export const noteStockReleased = on(StockReleased, 'note that stock was released', {
  needs: () => ({}),
  decide: (message) => [record(message, { cause: message.data.cause })],
});

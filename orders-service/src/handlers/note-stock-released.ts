import { StockReleased } from '@comanda/contracts';
import { on } from '@comanda/messaging';
import { receivedStep } from '../effects/timeline-steps.js';

/** No order depends on this; its timeline shows it. */
export const noteStockReleased = on(StockReleased, 'note that stock was released', {
  needs: () => ({}),
  decide: (message) => [receivedStep(message, { cause: message.data.cause })],
});

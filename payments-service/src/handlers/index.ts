import type { Handler } from '@comanda/messaging';
import { askWhenProviderCalled } from './ask-when-provider-called.js';
import { chargeWhenStockReserved } from './charge-when-stock-reserved.js';
import { giveBackWhenOrderCancelled, giveBackWhenOrderRejected } from './give-back-when-order-ends.js';
import { refundWhenRequested } from './refund-when-requested.js';

/** Everything that payments-service reacts to; its queue is bound to exactly these. */
export const paymentHandlers = (settings: { provider: string }): Handler[] => [
  chargeWhenStockReserved(settings.provider),
  giveBackWhenOrderRejected,
  giveBackWhenOrderCancelled,
  refundWhenRequested,
  askWhenProviderCalled,
];

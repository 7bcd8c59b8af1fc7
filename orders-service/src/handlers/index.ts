import { awaitPaymentWhenStockReserved } from './await-payment-when-stock-reserved.js';
import { cancelOrder } from './cancel-order.js';
import { cancelOrderWhenReservationExpired } from './cancel-order-when-reservation-expired.js';
import { confirmOrderWhenPaymentCompleted } from './confirm-order-when-payment-completed.js';
import { createOrder } from './create-order.js';
import { fulfilOrder } from './fulfil-order.js';
import { addPriceWhenProductCreated, changePriceWhenProductUpdated } from './keep-price-list.js';
import { mendPriceList } from './mend-price-list.js';
import { noteDispute } from './note-dispute.js';
import { noteRefund, noteRefundFailed } from './note-refund.js';
import { noteStockCommitted } from './note-stock-committed.js';
import { noteStockReleased } from './note-stock-released.js';
import { refundOrder } from './refund-order.js';
import { rejectOrderWhenPaymentFailed } from './reject-order-when-payment-failed.js';
import { rejectOrderWhenStockRejected } from './reject-order-when-stock-rejected.js';

/** The handlers of orders-service; its queue is bound to exactly their messages. */
export const orderHandlers = [
  createOrder,
  awaitPaymentWhenStockReserved,
  rejectOrderWhenStockRejected,
  confirmOrderWhenPaymentCompleted,
  rejectOrderWhenPaymentFailed,
  cancelOrder,
  cancelOrderWhenReservationExpired,
  noteStockCommitted,
  noteStockReleased,
  fulfilOrder,
  refundOrder,
  noteRefund,
  noteRefundFailed,
  noteDispute,
  addPriceWhenProductCreated,
  changePriceWhenProductUpdated,
  mendPriceList,
];

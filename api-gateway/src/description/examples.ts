import { OrderCancelled, OrderConfirmed, OrderCreated, OrderRefundRequested } from '@comanda/contracts';

/** One order and what belongs to it, the same as in the examples of the events. */
export const { orderId, customerId, currency, items, totalAmount } = OrderCreated.example;
export const { paymentId } = OrderConfirmed.example;
export const { requestId: refundId, reason: refundReason } = OrderRefundRequested.example;
export const { reason: cancelReason } = OrderCancelled.example;
export const productId = items[0]?.productId ?? '';
export const subscriptionId = '0192d1a4-a000-7000-8000-00000000d001';
export const deliveryId = '0192d1a4-a100-7000-8000-00000000d002';
export const replayId = '0192d1a4-a200-7000-8000-00000000d003';
export const eventId = '0192d1a4-9000-7000-8000-00000000e001';
export const staffId = '0192d1a4-0000-7000-8000-00000000c002';

export const createdAt = '2026-01-31T12:00:00.000Z';
export const updatedAt = '2026-01-31T12:00:01.250Z';
/** What a page ends with that is not the last one. */
export const nextCursor = 'WyIyMDI2LTAxLTMxVDEyOjAwOjAwLjAwMFoiLCIwMTkyZDFhNCJd';

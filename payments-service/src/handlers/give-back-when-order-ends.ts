import { OrderCancelled, OrderRejected } from '@comanda/contracts';
import { type Context, type Effect, on } from '@comanda/messaging';
import { type Payment, voidPayment } from '../domain/payment.js';
import { undo } from '../domain/refund.js';
import { keepRefunds } from '../effects/keep-refunds.js';
import { payments } from '../storage/tables.js';

/** `order.rejected` or `order.cancelled`. */
interface OrderEnd {
  readonly tenantid: string;
  readonly data: { readonly orderId: string };
}

const needs = ({ tenantid, data }: OrderEnd) => ({ payment: payments.lock(tenantid, data.orderId) });

/**
 * Compensation: the order is off, so its money goes back. A captured payment is refunded but for what went back or is on
 * its way back. A payment that is being charged is refunded as soon as it is captured (a late payment). A payment that
 * was not charged yet never will be.
 */
function giveBack(
  { tenantid, data: { orderId } }: OrderEnd,
  { payment }: { payment: Payment | undefined },
  context: Context,
): Effect[] {
  if (!payment) return [payments.put(voidPayment(tenantid, orderId, context.newId(), context.now))];
  if (payment.refundOnCapture) return [];
  const refundOnCapture = { ...payment, refundOnCapture: true, updatedAt: context.now };
  return keepRefunds(undo(refundOnCapture, context.newId(), context.now), context);
}

const rules = { needs, decide: giveBack };
export const giveBackWhenOrderRejected = on(OrderRejected, 'give back when order rejected', rules);
export const giveBackWhenOrderCancelled = on(OrderCancelled, 'give back when order cancelled', rules);

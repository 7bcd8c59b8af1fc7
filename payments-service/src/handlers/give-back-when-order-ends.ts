import { OrderCancelled, OrderRejected } from '@comanda/contracts';
import { type Context, type Effect, on } from '@comanda/messaging';
import { type Payment, voidPayment } from '../domain/payment.js';
import { undo } from '../domain/refund.js';
import { payments } from '../storage/tables.js';
import { keepRefunds } from './keep-refunds.js';

interface Ended {
  readonly tenantid: string;
  readonly data: { readonly orderId: string };
}

const needs = ({ tenantid, data }: Ended) => ({ payment: payments.lock(tenantid, data.orderId) });

/**
 * The order is off. Captured: what did not go back yet, and is not on its way back, goes back. Being charged: it goes back as soon as it is captured. Not
 * charged yet: it never will be.
 */
function giveBack(
  { tenantid, data: { orderId } }: Ended,
  { payment }: { payment: Payment | undefined },
  context: Context,
): Effect[] {
  if (!payment) return [payments.put(voidPayment(tenantid, orderId, context.newId(), context.now))];
  if (payment.refundOnCapture) return [];
  const refundOnCapture = { ...payment, refundOnCapture: true, updatedAt: context.now };
  return keepRefunds(undo(refundOnCapture, context.newId(), context.now), context);
}

export const giveBackWhenOrderRejected = on(OrderRejected, 'give back when order rejected', {
  needs,
  decide: giveBack,
});
export const giveBackWhenOrderCancelled = on(OrderCancelled, 'give back when order cancelled', {
  needs,
  decide: giveBack,
});

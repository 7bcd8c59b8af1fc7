import { type Message, PaymentRefunded, RefundFailed } from '@comanda/contracts';
import { type Context, type Effect, on } from '@comanda/messaging';
import { decide } from '../domain/decide.js';
import type { Order, RefundRequest } from '../domain/order.js';
import { effectsOf } from '../effects/order-effects.js';
import { orders, refundRequests } from '../storage/tables.js';

/** `payment.refunded` or `payment.refundFailed`. */
type RefundEnd = Message<{ readonly orderId: string; readonly remaining?: number | undefined }>;
type What =
  | { readonly kind: 'refunded'; readonly amount: number }
  | { readonly kind: 'refund-failed'; readonly code: string };

/**
 * A refund that staff requested has the id of its request. Any other refund compensates a rejected or cancelled order, or
 * was made at the provider.
 */
const needs = (tenantId: string, orderId: string, refundId: string) => ({
  order: orders.lock(tenantId, orderId),
  request: refundRequests.lock(tenantId, orderId, refundId),
});

function note(
  message: RefundEnd,
  what: What,
  { order, request }: { order: Order | undefined; request: RefundRequest | undefined },
  context: Context,
): Effect[] {
  const payment = { remaining: message.data.remaining, sequence: message.sequence ?? 0 };
  const trigger = { ...what, request, payment };
  return effectsOf(decide(order, trigger, context.now), { message, trigger }, context);
}

export const noteRefund = on(PaymentRefunded, 'note refund', {
  needs: ({ tenantid, data }) => needs(tenantid, data.orderId, data.refundId),
  decide: (message, rows, context) =>
    note(message, { kind: 'refunded', amount: message.data.amount }, rows, context),
});
export const noteRefundFailed = on(RefundFailed, 'note that a refund failed', {
  needs: ({ tenantid, data }) => needs(tenantid, data.orderId, data.requestId),
  decide: (message, rows, context) =>
    note(message, { kind: 'refund-failed', code: message.data.code }, rows, context),
});

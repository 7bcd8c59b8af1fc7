import type { Order, RefundRequest } from './order.js';
import { refundFailed, refundRequested, wentBack } from './refunds.js';
import { TRANSITIONS, type Trigger } from './transitions.js';

/** What an order tells the others when it changes. */
export type OrderFact =
  | { readonly kind: 'confirmed'; readonly paymentId: string }
  | { readonly kind: 'rejected'; readonly code: string; readonly reason: string }
  | { readonly kind: 'cancelled'; readonly reason: string; readonly by: 'customer' | 'staff' | 'system' }
  | { readonly kind: 'fulfilled' }
  | { readonly kind: 'refund-requested'; readonly paymentId: string; readonly request: RefundRequest };

export type Decision =
  | {
      readonly kind: 'changed';
      readonly order: Order;
      readonly fact?: OrderFact;
      /** The request that began or ended with it. */
      readonly request?: RefundRequest;
    }
  /** The order does not let this happen (any longer). */
  | { readonly kind: 'ignored'; readonly code: 'WRONG_STATUS' | 'EXCEEDS_REMAINING'; readonly why: string };

/** What becomes of an order when something happens. Pure: the same order and trigger give the same answer. */
export function decide(order: Order, trigger: Trigger, now: string): Decision {
  const status = TRANSITIONS[order.status][trigger.kind];
  if (status === undefined)
    return { kind: 'ignored', code: 'WRONG_STATUS', why: `the order is ${order.status}` };
  const changed: Order = { ...order, status, updatedAt: now };
  switch (trigger.kind) {
    case 'stock-reserved':
      return { kind: 'changed', order: changed };
    case 'payment-completed':
      return {
        kind: 'changed',
        order: { ...changed, paymentId: trigger.paymentId },
        fact: { kind: 'confirmed', paymentId: trigger.paymentId },
      };
    case 'stock-rejected':
      if (status === 'CANCELLED') return cancelled(changed, 'RESERVATION_LOST', trigger.reason, 'system');
      return rejected(changed, 'OUT_OF_STOCK', trigger.reason);
    case 'payment-failed':
      return rejected(changed, trigger.code, trigger.reason);
    case 'reservation-expired':
      return cancelled(changed, 'RESERVATION_EXPIRED', 'The order was not paid in time', 'system');
    case 'cancel-requested':
      return cancelled(changed, `CANCELLED_BY_${trigger.by.toUpperCase()}`, trigger.reason, trigger.by);
    case 'fulfil-requested':
      return { kind: 'changed', order: changed, fact: { kind: 'fulfilled' } };
    case 'refund-requested':
      return refundRequested(changed, trigger, now);
    case 'refunded':
      return wentBack(changed, trigger, now);
    case 'refund-failed':
      return refundFailed(changed, trigger, now);
  }
}

const rejected = (order: Order, code: string, reason: string): Decision => ({
  kind: 'changed',
  order: { ...order, failureCode: code, failureReason: reason },
  fact: { kind: 'rejected', code, reason },
});

const cancelled = (
  order: Order,
  code: string,
  reason: string,
  by: 'customer' | 'staff' | 'system',
): Decision => ({
  kind: 'changed',
  order: { ...order, failureCode: code, failureReason: reason },
  fact: { kind: 'cancelled', reason, by },
});

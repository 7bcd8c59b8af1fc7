import type { Order, RefundRequest } from './order.js';
import { refundFailed, refundRequested, wentBack } from './refunds.js';
import { type Happening, TRANSITIONS } from './transitions.js';

/** What an order tells the others when it changes. */
export type Told =
  | { readonly kind: 'confirmed'; readonly paymentId: string }
  | { readonly kind: 'rejected'; readonly code: string; readonly reason: string }
  | { readonly kind: 'cancelled'; readonly reason: string; readonly by: 'customer' | 'staff' | 'system' }
  | { readonly kind: 'fulfilled' }
  | { readonly kind: 'refund-requested'; readonly paymentId: string; readonly request: RefundRequest };

export type Followed =
  | {
      readonly kind: 'changed';
      readonly order: Order;
      readonly told?: Told;
      /** The request that began or ended with it. */
      readonly request?: RefundRequest;
    }
  /** The order does not let this happen (any longer). */
  | { readonly kind: 'ignored'; readonly code: 'WRONG_STATUS' | 'EXCEEDS_REMAINING'; readonly why: string };

/** What becomes of an order when something happens. Pure: the same order and happening give the same answer. */
export function follow(order: Order, happening: Happening, now: string): Followed {
  const status = TRANSITIONS[order.status][happening.kind];
  if (status === undefined)
    return { kind: 'ignored', code: 'WRONG_STATUS', why: `the order is ${order.status}` };
  const changed: Order = { ...order, status, updatedAt: now };
  switch (happening.kind) {
    case 'stock-reserved':
      return { kind: 'changed', order: changed };
    case 'payment-completed':
      return {
        kind: 'changed',
        order: { ...changed, paymentId: happening.paymentId },
        told: { kind: 'confirmed', paymentId: happening.paymentId },
      };
    case 'stock-rejected':
      if (status === 'CANCELLED') return cancelled(changed, 'RESERVATION_LOST', happening.reason, 'system');
      return rejected(changed, 'OUT_OF_STOCK', happening.reason);
    case 'payment-failed':
      return rejected(changed, happening.code, happening.reason);
    case 'reservation-expired':
      return cancelled(changed, 'RESERVATION_EXPIRED', 'The order was not paid in time', 'system');
    case 'cancel-requested':
      return cancelled(changed, `CANCELLED_BY_${happening.by.toUpperCase()}`, happening.reason, happening.by);
    case 'fulfil-requested':
      return { kind: 'changed', order: changed, told: { kind: 'fulfilled' } };
    case 'refund-requested':
      return refundRequested(changed, happening, now);
    case 'refunded':
      return wentBack(changed, happening, now);
    case 'refund-failed':
      return refundFailed(changed, happening, now);
  }
}

const rejected = (order: Order, code: string, reason: string): Followed => ({
  kind: 'changed',
  order: { ...order, failureCode: code, failureReason: reason },
  told: { kind: 'rejected', code, reason },
});

const cancelled = (
  order: Order,
  code: string,
  reason: string,
  by: 'customer' | 'staff' | 'system',
): Followed => ({
  kind: 'changed',
  order: { ...order, failureCode: code, failureReason: reason },
  told: { kind: 'cancelled', reason, by },
});

import type { Order } from './order.js';
import { type Happening, TRANSITIONS } from './transitions.js';

/** What an order tells the others when it changes. */
export type Told =
  | { readonly kind: 'confirmed'; readonly paymentId: string }
  | { readonly kind: 'rejected'; readonly code: string; readonly reason: string }
  | { readonly kind: 'cancelled'; readonly reason: string; readonly by: 'customer' | 'staff' | 'system' };

export type Followed =
  | { readonly kind: 'changed'; readonly order: Order; readonly told?: Told }
  /** The order's status does not let this happen (any longer). */
  | { readonly kind: 'ignored'; readonly status: Order['status'] };

/** What becomes of an order when something happens. Pure: the same order and happening give the same answer. */
export function follow(order: Order, happening: Happening, now: string): Followed {
  const status = TRANSITIONS[order.status][happening.kind];
  if (status === undefined) return { kind: 'ignored', status: order.status };
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

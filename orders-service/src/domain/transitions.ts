import type { OrderStatus } from '@comanda/contracts';
import type { RefundRequest } from './order.js';

/** What can happen to an order after it was taken. Amounts in minor units of its currency. */
export type Trigger =
  | { readonly kind: 'stock-reserved' }
  | { readonly kind: 'stock-rejected'; readonly reason: string }
  | { readonly kind: 'payment-completed'; readonly paymentId: string }
  | { readonly kind: 'payment-failed'; readonly code: string; readonly reason: string }
  | { readonly kind: 'reservation-expired' }
  | { readonly kind: 'cancel-requested'; readonly reason: string; readonly by: 'customer' | 'staff' }
  | { readonly kind: 'fulfil-requested' }
  | {
      readonly kind: 'refund-requested';
      readonly requestId: string;
      /** All that is left when it is not said. */
      readonly amount: number | undefined;
      readonly reason: string;
    }
  /** Because staff had asked for it, or because the order is off. */
  | { readonly kind: 'refunded'; readonly amount: number; readonly request: RefundRequest | undefined }
  | { readonly kind: 'refund-failed'; readonly code: string; readonly request: RefundRequest };

/**
 * The life of an order. What is not in the table changes nothing and is recorded as such.
 *
 * Messages may overtake each other: a payment that is told before the reservation confirms the order all the same,
 * for it can't have been charged without stock; the reservation that comes late finds nothing to change. Refunds leave
 * an order in the status that it has.
 */
export const TRANSITIONS: Readonly<Record<OrderStatus, Partial<Record<Trigger['kind'], OrderStatus>>>> = {
  PENDING: {
    'stock-reserved': 'AWAITING_PAYMENT',
    'stock-rejected': 'REJECTED',
    'payment-completed': 'CONFIRMED',
    'payment-failed': 'REJECTED',
    'reservation-expired': 'CANCELLED',
    'cancel-requested': 'CANCELLED',
  },
  AWAITING_PAYMENT: {
    'payment-completed': 'CONFIRMED',
    'payment-failed': 'REJECTED',
    'reservation-expired': 'CANCELLED',
    'cancel-requested': 'CANCELLED',
  },
  CONFIRMED: {
    'cancel-requested': 'CANCELLED',
    // Its reservation had run out when it was paid, and nothing was left to take instead.
    'stock-rejected': 'CANCELLED',
    'fulfil-requested': 'FULFILLED',
    'refund-requested': 'CONFIRMED',
    refunded: 'CONFIRMED',
    'refund-failed': 'CONFIRMED',
  },
  FULFILLED: { 'refund-requested': 'FULFILLED', refunded: 'FULFILLED', 'refund-failed': 'FULFILLED' },
  // What was captured too late goes back.
  REJECTED: { refunded: 'REJECTED' },
  // All that was left went back with the cancellation, so a refund that crosses it may find nothing.
  CANCELLED: { refunded: 'CANCELLED', 'refund-failed': 'CANCELLED' },
};

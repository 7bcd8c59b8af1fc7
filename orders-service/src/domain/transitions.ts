import type { OrderStatus } from '@comanda/contracts';

/** What can happen to an order after it was taken. */
export type Happening =
  | { readonly kind: 'stock-reserved' }
  | { readonly kind: 'stock-rejected'; readonly reason: string }
  | { readonly kind: 'payment-completed'; readonly paymentId: string }
  | { readonly kind: 'payment-failed'; readonly code: string; readonly reason: string }
  | { readonly kind: 'reservation-expired' }
  | { readonly kind: 'cancel-requested'; readonly reason: string; readonly by: 'customer' | 'staff' };

/**
 * The life of an order. What is not in the table changes nothing and is recorded as such.
 *
 * Messages may overtake each other: a payment that is told before the reservation confirms the order all the same,
 * for it can't have been charged without stock; the reservation that comes late finds nothing to change.
 */
export const TRANSITIONS: Readonly<Record<OrderStatus, Partial<Record<Happening['kind'], OrderStatus>>>> = {
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
  // Its reservation had run out when it was paid, and nothing was left to take instead.
  CONFIRMED: { 'cancel-requested': 'CANCELLED', 'stock-rejected': 'CANCELLED' },
  REJECTED: {},
  CANCELLED: {},
  FULFILLED: {},
};

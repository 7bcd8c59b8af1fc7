import type { OrderStatus } from '@comanda/contracts';
import type { RefundRequest } from './order.js';
import type { OrderRequest } from './take-order.js';

/** What can happen to an existing order. Amounts are in minor units of its currency. */
export type Trigger =
  | { readonly kind: 'stock-reserved' }
  | { readonly kind: 'stock-rejected'; readonly reason: string }
  | { readonly kind: 'payment-completed'; readonly paymentId: string }
  | { readonly kind: 'payment-failed'; readonly code: string; readonly reason: string }
  | { readonly kind: 'reservation-expired' }
  /** @param items how many lines of the order were sold */
  | { readonly kind: 'stock-committed'; readonly items: number }
  | { readonly kind: 'cancel-requested'; readonly reason: string; readonly by: 'customer' | 'staff' }
  | { readonly kind: 'fulfil-requested' }
  | {
      readonly kind: 'refund-requested';
      readonly requestId: string;
      /** `undefined` means all that is left. */
      readonly amount: number | undefined;
      readonly reason: string;
    }
  /** Absent when money was refunded because the order was rejected or cancelled (compensation). */
  | { readonly kind: 'refunded'; readonly amount: number; readonly request: RefundRequest | undefined }
  | { readonly kind: 'refund-failed'; readonly code: string; readonly request: RefundRequest | undefined };

/** The first trigger of an order: a customer places it. */
export type Creation = { readonly kind: 'create-requested' } & OrderRequest;

/**
 * The life of an order: its status after a trigger. A trigger that is not in the table changes nothing, and the
 * timeline says so.
 *
 * Messages may overtake each other. A payment that arrives before the reservation confirms the order, because nobody
 * charges without stock; the reservation then arrives late and changes nothing. Refunds and the sale of the stock leave
 * the status as it is.
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
    // The reservation expired before the payment arrived, and others bought the stock.
    'stock-rejected': 'CANCELLED',
    'stock-committed': 'CONFIRMED',
    'fulfil-requested': 'FULFILLED',
    'refund-requested': 'CONFIRMED',
    refunded: 'CONFIRMED',
    'refund-failed': 'CONFIRMED',
  },
  FULFILLED: { 'refund-requested': 'FULFILLED', refunded: 'FULFILLED', 'refund-failed': 'FULFILLED' },
  // A late payment goes back.
  REJECTED: { refunded: 'REJECTED' },
  CANCELLED: {
    // The order was cancelled after products-service had heard of its confirmation.
    'stock-committed': 'CANCELLED',
    refunded: 'CANCELLED',
    // The cancellation refunds all that is left, so a refund that crosses it may find nothing.
    'refund-failed': 'CANCELLED',
  },
};

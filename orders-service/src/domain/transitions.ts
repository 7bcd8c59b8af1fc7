import type { DisputeStatus, OrderStatus } from '@comanda/contracts';
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
  | {
      readonly kind: 'refunded';
      readonly amount: number;
      readonly payment: PaymentSays;
      /** Absent when the refund is none that staff requested. */
      readonly request: RefundRequest | undefined;
    }
  | {
      readonly kind: 'refund-failed';
      readonly code: string;
      readonly payment: PaymentSays;
      readonly request: RefundRequest | undefined;
    }
  | {
      readonly kind: 'disputed';
      readonly status: DisputeStatus;
      readonly amount: number;
      readonly currency: string;
      readonly code: string;
      readonly payment: PaymentSays;
    };

/** What a payment says of itself in one of its events. */
export interface PaymentSays {
  /** What is still captured; absent in events from before it was told. */
  readonly remaining: number | undefined;
  /** The event's number. */
  readonly sequence: number;
}

/** The first trigger of an order: a customer places it. */
export type Creation = { readonly kind: 'create-requested' } & OrderRequest;

/**
 * The life of an order: its status after a trigger. A trigger that is not in the table changes nothing, and the
 * timeline says so.
 *
 * Messages may overtake each other. A payment that arrives before the reservation confirms the order, because nobody
 * charges without stock; the reservation then arrives late and changes nothing. Refunds, disputes and the sale of the
 * stock leave the status as it is. What went back at the provider itself may be told before the payment.
 */
export const TRANSITIONS: Readonly<Record<OrderStatus, Partial<Record<Trigger['kind'], OrderStatus>>>> = {
  PENDING: {
    ...moneyBackIn('PENDING'),
    'stock-reserved': 'AWAITING_PAYMENT',
    'stock-rejected': 'REJECTED',
    'payment-completed': 'CONFIRMED',
    'payment-failed': 'REJECTED',
    'reservation-expired': 'CANCELLED',
    'cancel-requested': 'CANCELLED',
  },
  AWAITING_PAYMENT: {
    ...moneyBackIn('AWAITING_PAYMENT'),
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
    ...moneyBackIn('CONFIRMED'),
  },
  FULFILLED: { 'refund-requested': 'FULFILLED', ...moneyBackIn('FULFILLED') },
  // A late payment goes back.
  REJECTED: moneyBackIn('REJECTED'),
  CANCELLED: {
    // The order was cancelled after products-service had heard of its confirmation.
    'stock-committed': 'CANCELLED',
    // The cancellation refunds all that is left, so a refund that crosses it may find nothing.
    ...moneyBackIn('CANCELLED'),
  },
};

/** Money goes back, or fails to, whatever has become of the order; and its status stays. */
function moneyBackIn(status: OrderStatus) {
  return { refunded: status, 'refund-failed': status, disputed: status };
}

import type { Order, PricedItem, RefundRequest } from './order.js';

/** What a decision makes known to other services; each fact becomes one event. */
export type OrderFact =
  | { readonly kind: 'created'; readonly items: readonly PricedItem[] }
  | { readonly kind: 'confirmed'; readonly paymentId: string }
  | { readonly kind: 'rejected'; readonly code: string; readonly reason: string }
  | { readonly kind: 'cancelled'; readonly reason: string; readonly by: 'customer' | 'staff' | 'system' }
  | { readonly kind: 'fulfilled' }
  | { readonly kind: 'refund-requested'; readonly paymentId: string; readonly request: RefundRequest }
  | RequestRejected;

/** A request that was answered 202 is refused after all. */
export interface RequestRejected {
  readonly kind: 'request-rejected';
  readonly command: 'create' | 'cancel' | 'fulfil' | 'refund';
  readonly requestId: string;
  /** Of a refund; `undefined` when all that was left was requested. */
  readonly amount?: number | undefined;
  readonly code: string;
  readonly reason: string;
}

/** The order in its new state, and the facts to publish, oldest first. */
export interface Changed {
  readonly kind: 'changed';
  readonly order: Order;
  readonly facts: readonly OrderFact[];
  /** The refund request that the change began or ended. */
  readonly request?: RefundRequest;
}

/** The order does not allow this, or no longer; it stays as it is. */
export interface Ignored {
  readonly kind: 'ignored';
  readonly order: Order;
  readonly code: 'WRONG_STATUS' | 'EXCEEDS_REMAINING';
  readonly why: string;
}

/** It is too early to decide: a message that has to come first is still under way. */
export interface TooEarly {
  readonly kind: 'too-early';
  readonly why: string;
}

export type Decision = Changed | Ignored | TooEarly;

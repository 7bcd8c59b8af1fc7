import type { DisputeStatus } from '@comanda/contracts';

/** A refund as it stands in the provider's books, whoever made it. */
export interface ProviderRefund {
  /** What the provider calls it. */
  readonly reference: string;
  /** Our own id of it, when one of our calls made it. */
  readonly refundId: string | undefined;
  /** A refund that was `refunded` may become `failed`, days later. */
  readonly status: 'refunded' | 'pending' | 'failed';
  /** Minor units of the payment's currency. */
  readonly amount: number;
  /** Why it failed. */
  readonly code: string;
  readonly reason: string;
}

/** A dispute as it stands in the provider's books. */
export interface ProviderDispute {
  /** What the provider calls it. */
  readonly reference: string;
  readonly status: DisputeStatus;
  /** Minor units of `currency`, which need not be the payment's. */
  readonly amount: number;
  readonly currency: string;
  /** Why the payment is disputed. */
  readonly code: string;
  readonly reason: string;
}

/**
 * All refunds and disputes of one payment that the provider knows of. What it does not name says nothing: only what it
 * names changes our books.
 */
export type MoneyBack =
  | {
      readonly kind: 'known';
      readonly refunds: readonly ProviderRefund[];
      readonly disputes: readonly ProviderDispute[];
    }
  /** The provider did not answer. */
  | { readonly kind: 'unknown' };

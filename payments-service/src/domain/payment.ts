import { NO_CURRENCY, type PaymentStatus } from '@comanda/contracts';

/** What is charged for one order; amounts in minor units of `currency`. */
export interface Payment {
  readonly tenantId: string;
  readonly orderId: string;
  readonly paymentId: string;
  /** `VOID`: the order ended before it was charged, so it never is. */
  readonly status: PaymentStatus | 'VOID';
  /** The order has ended otherwise: what was captured goes back. */
  readonly unwanted: boolean;
  readonly amount: number;
  readonly currency: string;
  readonly provider: string;
  readonly method: string | null;
  /** What the provider calls it. */
  readonly reference: string | null;
  readonly refundedAmount: number;
  readonly failureCode: string | null;
  readonly failureReason: string | null;
  readonly sequence: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

type Known = Pick<
  Payment,
  'tenantId' | 'orderId' | 'paymentId' | 'amount' | 'currency' | 'provider' | 'method'
>;

/** A payment that is to be charged. */
export const newPayment = (known: Known, now: string): Payment => ({
  ...known,
  status: 'PENDING',
  unwanted: false,
  reference: null,
  refundedAmount: 0,
  failureCode: null,
  failureReason: null,
  sequence: 0,
  createdAt: now,
  updatedAt: now,
});

/** The order ended before anything was charged: this remembers that nothing ever is. */
export const voidPayment = (tenantId: string, orderId: string, paymentId: string, now: string): Payment => ({
  ...newPayment(
    { tenantId, orderId, paymentId, amount: 0, currency: NO_CURRENCY, provider: 'none', method: null },
    now,
  ),
  status: 'VOID',
  unwanted: true,
});

/** What a provider says of a charge. */
export type ChargeResult =
  | { readonly kind: 'captured'; readonly reference: string }
  | { readonly kind: 'declined'; readonly code: string; readonly reason: string }
  /** Not now: nothing was captured, and the same charge may be tried again. */
  | { readonly kind: 'retry'; readonly code: string; readonly reason: string }
  /** Nobody knows what became of it: only asking again will tell. */
  | { readonly kind: 'unanswered'; readonly reason: string };

/** What a provider says of a refund. */
export type RefundResult =
  | { readonly kind: 'refunded'; readonly reference: string }
  | { readonly kind: 'retry'; readonly code: string; readonly reason: string };

/** Seconds to wait after the provider said "not now" for the 1st, 2nd, 3rd time; after the last one the payment has failed. */
export const CHARGE_RETRY_SECONDS = [2, 4, 8] as const;

/** Longest wait between two questions to a provider that may have captured what it was asked for. */
const LONGEST_DOUBT_SECONDS = 60;

/** Longest wait between two tries of a refund; it is tried until it succeeds, for the money is not ours. */
const LONGEST_REFUND_WAIT_SECONDS = 300;

export type ChargeStep =
  | { readonly kind: 'completed'; readonly payment: Payment; readonly refund: boolean }
  | { readonly kind: 'failed'; readonly payment: Payment }
  | { readonly kind: 'again'; readonly afterSeconds: number; readonly refusals: number };

/** How often the provider was asked for a payment, this time included, and how often it said "not now" before. */
export interface Asked {
  readonly attempt: number;
  readonly refusals: number;
}

/**
 * What follows from the answer to a charge. When the order ended while the provider was asked, what it captured is
 * refunded.
 *
 * Silence settles nothing: the provider may have captured and its answer was lost, or the process died with it. As
 * long as one question is without an answer, "not now" may be about another one, so it is asked until the provider
 * says yes or no; otherwise money could stay with it that belongs to no order.
 */
export function charged(payment: Payment, result: ChargeResult, asked: Asked, now: string): ChargeStep {
  switch (result.kind) {
    case 'captured':
      return {
        kind: 'completed',
        payment: { ...payment, status: 'COMPLETED', reference: result.reference, updatedAt: now },
        refund: payment.unwanted,
      };
    case 'declined':
      return failed(payment, result.code, result.reason, now);
    case 'retry': {
      const refusals = asked.refusals + 1;
      if (asked.attempt > refusals) return inDoubt({ ...asked, refusals });
      const afterSeconds = CHARGE_RETRY_SECONDS[refusals - 1];
      if (afterSeconds !== undefined && !payment.unwanted) return { kind: 'again', afterSeconds, refusals };
      return failed(payment, result.code, result.reason, now);
    }
    case 'unanswered':
      return inDoubt(asked);
  }
}

const inDoubt = ({ attempt, refusals }: Asked): ChargeStep => ({
  kind: 'again',
  afterSeconds: Math.min(2 ** Math.min(attempt, 16), LONGEST_DOUBT_SECONDS),
  refusals,
});

const failed = (payment: Payment, code: string, reason: string, now: string): ChargeStep => ({
  kind: 'failed',
  payment: { ...payment, status: 'FAILED', failureCode: code, failureReason: reason, updatedAt: now },
});

/** Seconds until a refund that did not go through is tried again. */
export const refundWaitSeconds = (attempt: number): number =>
  Math.min(2 ** Math.min(attempt, 16), LONGEST_REFUND_WAIT_SECONDS);

/** The payment after all that was captured and not yet refunded went back. */
export const refunded = (payment: Payment, now: string): Payment => ({
  ...payment,
  status: 'REFUNDED',
  refundedAmount: payment.amount,
  updatedAt: now,
});

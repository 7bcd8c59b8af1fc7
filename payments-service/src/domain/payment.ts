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

/** What a provider says of a refund. */
export type RefundResult =
  | { readonly kind: 'refunded'; readonly reference: string }
  | { readonly kind: 'retry'; readonly code: string; readonly reason: string };

/** Longest wait between two tries of a refund; it is tried until it succeeds, for the money is not ours. */
const LONGEST_REFUND_WAIT_SECONDS = 300;

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

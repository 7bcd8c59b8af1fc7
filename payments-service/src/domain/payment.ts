import { type DisputeStatus, NO_CURRENCY, type PaymentStatus } from '@comanda/contracts';

/** The owner of the card disputes a payment, at the provider. */
export interface Dispute {
  readonly disputeId: string;
  /** What the provider calls it. */
  readonly reference: string;
  readonly status: DisputeStatus;
  /** Minor units of `currency`, which need not be the payment's. */
  readonly amount: number;
  readonly currency: string;
  readonly code: string;
  readonly reason: string;
  readonly updatedAt: string;
}

/** What is charged for one order; amounts in minor units of `currency`. */
export interface Payment {
  readonly tenantId: string;
  readonly orderId: string;
  readonly paymentId: string;
  /** `VOID`: the order ended before it was charged, so it never is. */
  readonly status: PaymentStatus | 'VOID';
  /** The order was rejected or cancelled: if the payment is captured after that (a late payment), it is refunded. */
  readonly refundOnCapture: boolean;
  readonly amount: number;
  readonly currency: string;
  readonly provider: string;
  readonly method: string | null;
  /** What the provider calls it. */
  readonly reference: string | null;
  /** What went back, by refunds and lost disputes, and what is on its way back: together never more than `amount`. */
  readonly refundedAmount: number;
  readonly refundingAmount: number;
  readonly disputes: readonly Dispute[];
  readonly failureCode: string | null;
  readonly failureReason: string | null;
  readonly sequence: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

type PaymentFields = Pick<
  Payment,
  'tenantId' | 'orderId' | 'paymentId' | 'amount' | 'currency' | 'provider' | 'method'
>;

/** A payment that is going to be charged. */
export const newPayment = (fields: PaymentFields, now: string): Payment => ({
  ...fields,
  status: 'PENDING',
  refundOnCapture: false,
  reference: null,
  refundedAmount: 0,
  refundingAmount: 0,
  disputes: [],
  failureCode: null,
  failureReason: null,
  sequence: 0,
  createdAt: now,
  updatedAt: now,
});

/** The order ended before this service heard of its reservation: remembered, so that nothing is ever charged. */
export const voidPayment = (tenantId: string, orderId: string, paymentId: string, now: string): Payment => ({
  ...newPayment(
    { tenantId, orderId, paymentId, amount: 0, currency: NO_CURRENCY, provider: 'none', method: null },
    now,
  ),
  status: 'VOID',
  refundOnCapture: true,
});

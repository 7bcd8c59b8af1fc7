import type { ChargeResult, RefundResult } from '../domain/payment.js';

export interface Charge {
  /** The idempotency key: the same id is charged once, however often it is asked. */
  readonly paymentId: string;
  readonly orderId: string;
  /** Minor units. */
  readonly amount: number;
  readonly currency: string;
  readonly method: string | undefined;
  /** 1 for the first time that this payment is asked for. */
  readonly attempt: number;
}

export interface Refund {
  /** The idempotency key. */
  readonly refundId: string;
  readonly paymentId: string;
  readonly reference: string;
  readonly amount: number;
  readonly currency: string;
}

/**
 * Who moves the money. Expected failures are results; whatever it throws leaves open what it did.
 * Asked again with the same idempotency key, it says what it did the first time.
 */
export interface PaymentProvider {
  readonly name: string;
  charge(charge: Charge): Promise<ChargeResult>;
  refund(refund: Refund): Promise<RefundResult>;
}

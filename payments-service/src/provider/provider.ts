import type { ChargeResult, Found } from '../domain/charge.js';
import type { RefundResult } from '../domain/refund.js';

export interface Charge {
  /** Names the payment at the provider: the same id is charged once, however often it is asked. */
  readonly paymentId: string;
  readonly tenantId: string;
  readonly orderId: string;
  /** Minor units. */
  readonly amount: number;
  readonly currency: string;
  readonly method: string | undefined;
  /** What the provider called it when it was opened, if it was. */
  readonly reference: string | null;
  /** 1, and one more after each "not now" of the provider. The same payment and attempt are the same call. */
  readonly attempt: number;
}

export interface Refund {
  /** Names the refund at the provider: the same id goes back once, however often it is asked. */
  readonly refundId: string;
  /** 1, and one more after each no of the provider. The same refund and attempt are the same call. */
  readonly attempt: number;
  readonly paymentId: string;
  readonly reference: string;
  readonly amount: number;
  readonly currency: string;
}

/**
 * Who moves the money. Expected failures are results. What it throws means that there was no answer, so that nobody
 * knows what happened; `NotDone` that nothing did.
 */
export interface PaymentProvider {
  readonly name: string;
  charge(charge: Charge): Promise<ChargeResult>;
  /** What became of the charges that were asked for under this payment's id. Changes nothing. */
  find(charge: Charge): Promise<Found>;
  /** Makes sure that it is never charged, not even by a call that is still on its way; tells when that was too late. */
  cancel(charge: Charge): Promise<ChargeResult>;
  refund(refund: Refund): Promise<RefundResult>;
}

/** The provider did not listen (too many requests, a key that it does not accept): the call has done nothing. */
export class NotDone extends Error {
  override readonly name = 'NotDone';
}

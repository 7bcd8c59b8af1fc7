import Stripe from 'stripe';
import type { RefundResult } from '../../domain/refund.js';
import { asOutage } from './answers.js';
import { REFUND_REFUSED } from './own-words.js';

/** Whether a refund failed, e.g. because the card's bank did not take it. */
export const isRefundOff = ({ status }: Stripe.Refund): boolean =>
  status === 'failed' || status === 'canceled';

/**
 * How a refund stands. `pending` and `requires_action` are not decided yet.
 * Source: https://docs.stripe.com/api/refunds/object#refund_object-status
 */
export function refundResult(refund: Stripe.Refund): RefundResult {
  const { id, status, failure_reason: why } = refund;
  if (status === 'succeeded') return { kind: 'refunded', reference: id };
  const reason = `Refund ${id} is ${status}`;
  if (isRefundOff(refund)) return { kind: 'refused', code: (why ?? 'refund_failed').toUpperCase(), reason };
  return { kind: 'retry', code: 'REFUND_NOT_DONE', reason };
}

/**
 * The refusal that a refund's error stands for: the charge is disputed, was refunded elsewhere, or our balance is too low.
 * Stripe keeps such an answer under the call's idempotency key, so only a call under another key can succeed. An error
 * that is no refusal is thrown (see `asOutage`).
 */
export function refundRefusedBy(error: unknown): RefundResult {
  if (error instanceof Stripe.errors.StripeInvalidRequestError)
    return { kind: 'refused', code: (error.code ?? 'invalid_request').toUpperCase(), reason: REFUND_REFUSED };
  throw asOutage(error);
}

import Stripe from 'stripe';
import type { ChargeResult, Found } from '../../domain/charge.js';
import { NotDone } from '../provider.js';

/**
 * Declines that say "try again": the bank or the network had a moment's trouble, the card is none.
 * Source: https://docs.stripe.com/declines/codes
 */
const TRANSIENT: ReadonlySet<string> = new Set([
  'processing_error',
  'try_again_later',
  'issuer_not_available',
  'reenter_transaction',
]);

interface CardTrouble {
  readonly code?: string | undefined;
  readonly decline_code?: string | undefined;
  readonly message?: string | undefined;
}

/**
 * How a PaymentIntent stands. One that Stripe has declined waits for a method again and says why.
 * Source: https://docs.stripe.com/payments/paymentintents/lifecycle
 */
export function standing({ id, status, last_payment_error: unhealthyReason }: Stripe.PaymentIntent): Found {
  switch (status) {
    case 'succeeded':
      return { kind: 'captured', reference: id };
    case 'canceled':
      return { kind: 'closed' };
    case 'requires_payment_method':
      return unhealthyReason ? declinedBy(unhealthyReason) : { kind: 'none' };
    case 'requires_confirmation':
      return { kind: 'none' };
    default:
      return { kind: 'pending', reference: id };
  }
}

/** A refused card in our words. The issuer's own reason stays with Stripe: it may hint at a stolen card. */
function declinedBy({ code, decline_code, message }: CardTrouble): ChargeResult {
  const transient = [code, decline_code].some((word) => word !== undefined && TRANSIENT.has(word));
  return {
    kind: transient ? 'retry' : 'declined',
    code: (code ?? 'card_declined').toUpperCase(),
    reason: message ?? 'The card was declined',
  };
}

/** The answer that an error of a charge is, where it is one; whatever else it says is thrown (see `asOutage`). */
export function answerIn(error: unknown): ChargeResult {
  if (error instanceof Stripe.errors.StripeCardError) return declinedBy(error);
  if (error instanceof Stripe.errors.StripeInvalidRequestError) {
    const unknownMethod = error.code === 'resource_missing' && error.param === 'payment_method';
    return {
      kind: 'declined',
      code: unknownMethod ? 'UNKNOWN_METHOD' : (error.code ?? 'invalid_request').toUpperCase(),
      reason: error.message,
    };
  }
  throw asOutage(error);
}

/** An error that says nothing about the card: `NotDone` where Stripe refused to listen, else as it is. */
export function asOutage(error: unknown): unknown {
  if (error instanceof Stripe.errors.StripeRateLimitError) return new NotDone('Stripe: too many requests');
  // Its text quotes the key.
  if (error instanceof Stripe.errors.StripeAuthenticationError)
    return new NotDone('Stripe does not accept STRIPE_API_KEY');
  if (error instanceof Stripe.errors.StripePermissionError)
    return new NotDone('Stripe: STRIPE_API_KEY lacks a permission (PaymentIntents and refunds, write)');
  return error;
}

/** The intent was confirmed or cancelled before, by a call of which we did not hear the end. */
export const cameTooLate = (error: unknown): boolean =>
  error instanceof Stripe.errors.StripeInvalidRequestError &&
  error.code === 'payment_intent_unexpected_state';

/**
 * Stripe keeps the first answer to an idempotency key for a day, also an error of its own.
 * Source: https://docs.stripe.com/api/idempotent_requests
 */
export const isReplayedFailure = (error: unknown): boolean =>
  error instanceof Stripe.errors.StripeError &&
  (error.statusCode ?? 0) >= 500 &&
  error.headers?.['idempotent-replayed'] === 'true';

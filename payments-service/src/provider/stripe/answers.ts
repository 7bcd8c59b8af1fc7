import { readRetryAfter } from '@comanda/kit';
import Stripe from 'stripe';
import type { ChargeLookup, ChargeResult } from '../../domain/charge.js';
import { NotDone } from '../provider.js';
import { declineInOwnWords, refusalInOwnWords } from './own-words.js';

/**
 * Declines that say "try again": the bank or the network failed for a moment, and the card is fine.
 * Source: https://docs.stripe.com/declines/codes
 */
const TRANSIENT: ReadonlySet<string> = new Set([
  'processing_error',
  'try_again_later',
  'issuer_not_available',
  'reenter_transaction',
]);

interface CardError {
  readonly code?: string | undefined;
  readonly decline_code?: string | undefined;
}

/**
 * How a PaymentIntent stands. A declined intent waits for another method, and says why.
 * Source: https://docs.stripe.com/payments/paymentintents/lifecycle
 */
export function statusOf({ id, status, last_payment_error: error }: Stripe.PaymentIntent): ChargeLookup {
  switch (status) {
    case 'succeeded':
      return { kind: 'captured', reference: id };
    case 'canceled':
      return { kind: 'closed' };
    case 'requires_payment_method':
      return error ? declinedBy(error) : { kind: 'none' };
    case 'requires_confirmation':
      return { kind: 'none' };
    default:
      return { kind: 'pending', reference: id };
  }
}

/** A declined card. The issuer's own reason stays with Stripe: it may hint at a stolen card. */
function declinedBy({ code, decline_code }: CardError): ChargeResult {
  const transient = [code, decline_code].some((word) => word !== undefined && TRANSIENT.has(word));
  return {
    kind: transient ? 'retry' : 'declined',
    code: (code ?? 'card_declined').toUpperCase(),
    reason: declineInOwnWords(code === 'card_declined' ? decline_code : undefined, code),
  };
}

/** The answer that a charge's error stands for. An error that is no answer is thrown (see `asOutage`). */
export function answerIn(error: unknown): ChargeResult {
  if (error instanceof Stripe.errors.StripeCardError) return declinedBy(error);
  if (error instanceof Stripe.errors.StripeInvalidRequestError) {
    const unknownMethod = error.code === 'resource_missing' && error.param === 'payment_method';
    return {
      kind: 'declined',
      code: unknownMethod ? 'UNKNOWN_METHOD' : (error.code ?? 'invalid_request').toUpperCase(),
      reason: refusalInOwnWords(unknownMethod ? error.code : undefined),
    };
  }
  throw asOutage(error);
}

/** An error that says nothing about the card: `NotDone` if Stripe refused to listen, else the error itself. */
export function asOutage(error: unknown): unknown {
  if (error instanceof Stripe.errors.StripeRateLimitError)
    return new NotDone('Stripe: too many requests', waitSecondsOf(error));
  // Its text quotes the key.
  if (error instanceof Stripe.errors.StripeAuthenticationError)
    return new NotDone('Stripe does not accept STRIPE_API_KEY');
  if (error instanceof Stripe.errors.StripePermissionError)
    return new NotDone(
      'Stripe: STRIPE_API_KEY lacks a permission (PaymentIntents and refunds: write; charges and disputes: read)',
    );
  return error;
}

function waitSecondsOf({ headers }: Stripe.errors.StripeRateLimitError): number | undefined {
  const now = Date.now();
  const { until } = readRetryAfter([headers?.['retry-after'] ?? []].flat(), now);
  return until === undefined ? undefined : Math.max(0, (until - now) / 1000);
}

/** Stripe's own words about a charge or refund that it did not take, for our log; an error of another kind has none. */
export const stripesWords = (error: unknown): string | undefined =>
  error instanceof Stripe.errors.StripeCardError || error instanceof Stripe.errors.StripeInvalidRequestError
    ? error.message
    : undefined;

/** Stripe knows nothing under this id. */
export const isUnknownThere = (error: unknown): boolean =>
  error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'resource_missing';

/** The intent was confirmed or cancelled before, by a call whose answer we did not get. */
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

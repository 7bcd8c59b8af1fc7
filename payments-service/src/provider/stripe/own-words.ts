/**
 * What a customer reads about a charge that failed, by Stripe's code. Stripe's own words stay in our log: they may quote
 * ids and settings of ours.
 * Source of the codes: https://docs.stripe.com/error-codes and https://docs.stripe.com/declines/codes
 */
const WORDS: Readonly<Record<string, string>> = {
  insufficient_funds: 'The card has insufficient funds.',
  expired_card: 'The card has expired.',
  incorrect_cvc: 'The security code of the card is wrong.',
  incorrect_number: 'The number of the card is wrong.',
  processing_error: 'The card could not be charged at the moment.',
  payment_intent_payment_attempt_failed: 'The payment did not go through.',
  authentication_required: 'The bank wants the payment to be authenticated.',
  resource_missing: 'The payment provider does not know this payment method.',
};

const DECLINED = 'The card was declined.';
const REFUSED = 'The payment provider did not take the payment.';

/** The words for a declined card; the more exact code goes first. */
export const declineInOwnWords = (...codes: readonly (string | undefined)[]): string =>
  codes.map(wordsOf).find((words) => words !== undefined) ?? DECLINED;

/** The words for a charge that Stripe found invalid. */
export const refusalInOwnWords = (code: string | undefined): string => wordsOf(code) ?? REFUSED;

/** The words for a refund that Stripe did not take. */
export const REFUND_REFUSED = 'The payment provider did not take the refund.';

/** The words for a refund that Stripe took and the bank did not. */
export const REFUND_FAILED = 'The payment provider could not give the money back.';

/** Source of the codes: https://docs.stripe.com/disputes/categories */
const DISPUTES: Readonly<Record<string, string>> = {
  fraudulent: 'The owner of the card did not make the payment.',
  unrecognized: 'The owner of the card does not recognise the payment.',
  duplicate: 'The owner of the card was charged more than once.',
  product_not_received: 'The goods were not received.',
  product_unacceptable: 'The goods were not as described.',
  subscription_canceled: 'The payment was for something that was cancelled before.',
  credit_not_processed: 'A refund that was promised did not arrive.',
  insufficient_funds: 'The account had too little money.',
  debit_not_authorized: 'The owner of the account did not allow the debit.',
};

/** Why a payment is disputed. */
export const disputeInOwnWords = (code: string): string =>
  (Object.hasOwn(DISPUTES, code) ? DISPUTES[code] : undefined) ?? 'The payment is disputed at the bank.';

const wordsOf = (code: string | undefined): string | undefined =>
  code !== undefined && Object.hasOwn(WORDS, code) ? WORDS[code] : undefined;

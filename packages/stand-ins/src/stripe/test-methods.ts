/** What comes of confirming: a status, or what the bank says against it. */
export type CardOutcome =
  | 'succeeded'
  | 'processing'
  | 'requires_action'
  | { readonly code: string; readonly decline_code?: string; readonly message: string };

/**
 * Payment methods for tests, named as Stripe's (https://docs.stripe.com/testing), and `pm_stub_bankDebit`, which
 * stays in `processing` until a test settles it.
 */
export const TEST_METHODS: Readonly<Record<string, CardOutcome>> = {
  pm_card_visa: 'succeeded',
  pm_card_chargeDeclined: {
    code: 'card_declined',
    decline_code: 'generic_decline',
    message: 'Your card was declined.',
  },
  pm_card_chargeDeclinedInsufficientFunds: {
    code: 'card_declined',
    decline_code: 'insufficient_funds',
    message: 'Your card has insufficient funds.',
  },
  pm_card_chargeDeclinedProcessingError: {
    code: 'processing_error',
    message: 'An error occurred while processing your card. Try again in a little bit.',
  },
  pm_card_authenticationRequired: 'requires_action',
  pm_stub_bankDebit: 'processing',
};

import { moneyText } from '@comanda/contracts';

/**
 * Where Stripe's smallest unit is not ISO 4217's minor unit: how many of Stripe's make one of ours. HUF and TWD are not
 * among them: only payouts of them are whole.
 * Source: https://docs.stripe.com/currencies#special-cases and #zero-decimal
 */
const STRIPE_UNITS: Readonly<Record<string, number>> = { ISK: 100, UGX: 100, MGA: 0.01 };

/**
 * An amount with three decimals must end in 0: Stripe would round it.
 * Source: https://docs.stripe.com/currencies#three-decimal
 */
const STRIPE_STEPS: Readonly<Record<string, number>> = { BHD: 10, JOD: 10, KWD: 10, OMR: 10, TND: 10 };

/** An amount in minor units as Stripe counts it; `undefined` when Stripe can't express it. */
export function stripeAmount(amount: number, currency: string): number | undefined {
  const units = STRIPE_UNITS[currency] ?? 1;
  const converted = units < 1 ? amount / (1 / units) : amount * units;
  const inSteps = converted % (STRIPE_STEPS[currency] ?? 1) === 0;
  return Number.isSafeInteger(converted) && inSteps ? converted : undefined;
}

/** Why Stripe can't express an amount, for the customer and for staff. */
export function notPossible(amount: number, currency: string) {
  const why =
    currency in STRIPE_STEPS
      ? `amounts in ${currency} must end in 0 at the third decimal`
      : `it must be a whole number of ${currency}`;
  const reason = `The payment provider can't move ${moneyText(amount, currency)}: ${why}.`;
  return { code: 'AMOUNT_NOT_POSSIBLE', reason };
}

/** An amount as Stripe counts it in minor units; what is less than one of them counts as one from its half on. */
export function amountOfStripe(amount: number, currency: string): number {
  const units = STRIPE_UNITS[currency] ?? 1;
  return Math.round(units < 1 ? amount * Math.round(1 / units) : amount / units);
}

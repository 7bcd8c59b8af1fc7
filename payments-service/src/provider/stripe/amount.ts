/**
 * Where Stripe's smallest unit is not ISO 4217's minor unit: how many of Stripe's make one of ours.
 * Source: https://docs.stripe.com/currencies#special-cases and #zero-decimal
 */
const STRIPE_UNITS: Readonly<Record<string, number>> = { ISK: 100, UGX: 100, MGA: 0.01 };

/** An amount in minor units as Stripe counts it; `undefined` when Stripe can't express it. */
export function stripeAmount(amount: number, currency: string): number | undefined {
  const units = STRIPE_UNITS[currency] ?? 1;
  const converted = units < 1 ? amount / (1 / units) : amount * units;
  return Number.isSafeInteger(converted) ? converted : undefined;
}

/** An amount as Stripe counts it in minor units; what is less than one of them counts as one from its half on. */
export function amountOfStripe(amount: number, currency: string): number {
  const units = STRIPE_UNITS[currency] ?? 1;
  return Math.round(units < 1 ? amount * Math.round(1 / units) : amount / units);
}

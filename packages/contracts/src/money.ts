import { z } from 'zod';
import { flawOfCurrency } from './iso-4217.js';

/**
 * The code of a currency, wherever it is written down already: what was priced once stays readable after its currency was
 * withdrawn.
 */
export const Currency = z.string().regex(/^[A-Z]{3}$/, {
  message: 'must be three capital letters, a currency of ISO 4217, such as EUR',
  abort: true,
});

/** The code of a currency in which something new may be priced: money that is in force. */
export const PriceCurrency = Currency.superRefine((code, { addIssue }) => {
  const message = flawOfCurrency(code);
  if (message !== undefined) addIssue({ code: 'custom', message });
});

/** Always written. Messages from before it was, in queues, outboxes and dead letters, stay readable. */
export const CurrencyOnceAbsent = Currency.optional();

/** ISO 4217 for "no currency": the order has no prices. */
export const NO_CURRENCY = 'XXX';

/**
 * An amount in minor units (cents for EUR, yen for JPY): never negative, and small enough for a double to hold exactly.
 */
export const Amount = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

export const MAX_UNITS = 1_000_000;

export const Quantity = z.number().int().min(1).max(MAX_UNITS);

/**
 * The index of the first line that brings the total quantity of its product above `MAX_UNITS`; `undefined` when there
 * is none. Lines of the same product are reserved as one, so their sum must be a valid quantity.
 */
export function lineTooMany(lines: readonly { productId: string; quantity: number }[]): number | undefined {
  const wanted = new Map<string, number>();
  for (const [at, { productId, quantity }] of lines.entries()) {
    const sum = (wanted.get(productId) ?? 0) + quantity;
    if (sum > MAX_UNITS) return at;
    wanted.set(productId, sum);
  }
  return undefined;
}

/** What a line costs in minor units; `undefined` when the product would not be exact. */
export function lineAmount(unitPrice: number, quantity: number): number | undefined {
  const amount = unitPrice * quantity;
  return Number.isSafeInteger(amount) ? amount : undefined;
}

/** The sum of the lines in minor units; `undefined` when it would not be exact. */
export function totalAmount(lines: readonly { unitPrice: number; quantity: number }[]): number | undefined {
  let total = 0;
  for (const line of lines) {
    const amount = lineAmount(line.unitPrice, line.quantity);
    if (amount === undefined) return undefined;
    total += amount;
    if (!Number.isSafeInteger(total)) return undefined;
  }
  return total;
}

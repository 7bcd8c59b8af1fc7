import { z } from 'zod';
import { ISO_4217 } from './iso-4217.js';

/** What people are told in. */
export const Language = z.enum(['en', 'es']);
export type Language = z.infer<typeof Language>;

/** What stands between groups of three digits and before the decimals, and from how many digits on there are groups. */
const NUMBERS = {
  en: { group: ',', point: '.', groupedFrom: 4 },
  es: { group: '.', point: ',', groupedFrom: 5 },
} as const;

/** For an amount of which nobody knows how many decimals it has. */
const UNCOUNTED = {
  en: (amount: string, currency: string) => `${amount} minor units of ${currency}`,
  es: (amount: string, currency: string) => `${amount} unidades mínimas de ${currency}`,
} as const;

/**
 * An amount in minor units as people write it, with the decimals that ISO 4217 gives the currency: 1250 EUR is "12.50 EUR",
 * 1250 JPY is "1,250 JPY", 1250 KWD is "1.250 KWD". The code stands behind it, because a sign such as $ is many currencies.
 */
export function moneyText(minorUnits: number, currency: string, language: Language = 'en'): string {
  const decimals = ISO_4217.get(currency)?.minorUnits;
  if (decimals === undefined || !Number.isSafeInteger(minorUnits))
    return UNCOUNTED[language](String(minorUnits), currency);
  // The point is put into the digits: after a division a double would lose cents beyond some 90 billion.
  const digits = String(Math.abs(minorUnits)).padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals);
  const { group, point, groupedFrom } = NUMBERS[language];
  const grouped = whole.length < groupedFrom ? whole : whole.replaceAll(/\B(?=(?:\d{3})+$)/g, group);
  return `${minorUnits < 0 ? '-' : ''}${grouped}${fraction === '' ? '' : point + fraction} ${currency}`;
}

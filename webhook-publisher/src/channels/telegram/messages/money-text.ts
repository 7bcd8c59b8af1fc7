export type Language = 'en' | 'es';

const LOCALES: Record<Language, string> = { en: 'en-US', es: 'es-ES' };

/**
 * An amount in minor units as people write it: 1250 EUR is "€12.50", 1250 JPY is "¥1,250", 1250 KWD is "KWD 1.250".
 * The number of decimals is the currency's own. A code that is not three letters is shown with the bare number.
 */
export function formatMoney(minorUnits: number, currency: string, language: Language): string {
  if (!/^[A-Za-z]{3}$/.test(currency) || !Number.isSafeInteger(minorUnits))
    return `${minorUnits} ${currency}`;
  const format = new Intl.NumberFormat(LOCALES[language], { style: 'currency', currency });
  const decimals = format.resolvedOptions().maximumFractionDigits ?? 2;
  // The decimal point is put into the digits: after a division a double would lose cents beyond some 90 billion.
  const decimal = decimalText(minorUnits, decimals);
  return isDecimal(decimal) ? format.format(decimal) : `${minorUnits} ${currency}`;
}

function decimalText(minorUnits: number, decimals: number): string {
  const digits = String(Math.abs(minorUnits)).padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals);
  return `${minorUnits < 0 ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

function isDecimal(text: string): text is `${number}` {
  return /^-?\d+(\.\d+)?$/.test(text);
}

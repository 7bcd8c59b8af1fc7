import { describe, expect, test } from '@jest/globals';
import { formatMoney } from './money-text.js';

/** Intl separates with no-break spaces; that is right on a screen and hard to read here. */
const plain = (text: string) => text.replaceAll(/[\u00a0\u202f]/g, ' ');

describe('an amount in minor units', () => {
  test.each([
    [1250, 'EUR', 'en', '€12.50'],
    [1250, 'EUR', 'es', '12,50 €'],
    [1250, 'USD', 'en', '$12.50'],
    [1250, 'JPY', 'en', '¥1,250'],
    [1250, 'JPY', 'es', '1250 JPY'],
    [1250, 'KWD', 'en', 'KWD 1.250'],
    [5, 'KWD', 'en', 'KWD 0.005'],
    [5, 'EUR', 'en', '€0.05'],
    [0, 'EUR', 'en', '€0.00'],
    [-5, 'EUR', 'en', '-€0.05'],
    [Number.MAX_SAFE_INTEGER, 'EUR', 'en', '€90,071,992,547,409.91'],
  ] as const)('%i %s in %s is %s', (amount, currency, language, expected) => {
    expect(plain(formatMoney(amount, currency, language))).toBe(expected);
  });

  test('with a currency that is none is shown as it came', () => {
    expect(formatMoney(1250, 'coffee beans', 'en')).toBe('1250 coffee beans');
    expect(formatMoney(12.5, 'EUR', 'en')).toBe('12.5 EUR');
  });
});

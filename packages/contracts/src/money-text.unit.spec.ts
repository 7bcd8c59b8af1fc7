import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ISO_4217 } from './iso-4217.js';
import { type Language, moneyText } from './money-text.js';

const LANGUAGES: readonly Language[] = ['en', 'es'];
const POINTS = { en: '.', es: ',' };

/** What a reader makes of it: the groups are for the eye alone. */
function read(text: string, language: Language): { amount: bigint; decimals: number; currency: string } {
  const [number = '', currency = ''] = text.split(' ');
  const [whole = '', fraction = ''] = number.split(POINTS[language]);
  return {
    amount: BigInt(whole.replaceAll(/[.,]/g, '') + fraction),
    decimals: fraction.length,
    currency,
  };
}

describe('an amount in minor units', () => {
  test.each([
    [1250, 'EUR', 'en', '12.50 EUR'],
    [1250, 'EUR', 'es', '12,50 EUR'],
    [500, 'EUR', 'en', '5.00 EUR'],
    [123456, 'HUF', 'en', '1,234.56 HUF'],
    [123456, 'IDR', 'en', '1,234.56 IDR'],
    [123456, 'COP', 'es', '1234,56 COP'],
    [123456, 'PKR', 'en', '1,234.56 PKR'],
    [123456, 'IQD', 'en', '123.456 IQD'],
    [123456, 'VED', 'en', '1,234.56 VED'],
    [123456, 'HRK', 'en', '1,234.56 HRK'],
    [1250, 'JPY', 'en', '1,250 JPY'],
    [1250, 'JPY', 'es', '1250 JPY'],
    [12500, 'JPY', 'es', '12.500 JPY'],
    [1250, 'KWD', 'en', '1.250 KWD'],
    [5, 'KWD', 'en', '0.005 KWD'],
    [5, 'EUR', 'en', '0.05 EUR'],
    [0, 'EUR', 'en', '0.00 EUR'],
    [0, 'JPY', 'en', '0 JPY'],
    [-5, 'EUR', 'en', '-0.05 EUR'],
    [-123456, 'EUR', 'en', '-1,234.56 EUR'],
    [Number.MAX_SAFE_INTEGER, 'EUR', 'en', '90,071,992,547,409.91 EUR'],
  ] as const)('%i %s in %s is %s', (amount, currency, language, expected) => {
    expect(moneyText(amount, currency, language)).toBe(expected);
  });

  test('without a known number of decimals is said to be one', () => {
    expect(moneyText(1250, 'DEM')).toBe('1250 minor units of DEM');
    expect(moneyText(1250, 'coffee beans', 'es')).toBe('1250 unidades mínimas de coffee beans');
    expect(moneyText(12.5, 'EUR')).toBe('12.5 minor units of EUR');
  });

  test('is read back from its text to the last unit, with the decimals of its currency: for each of ISO 4217', () => {
    const currencies = [...ISO_4217.values()].filter(({ minorUnits }) => minorUnits !== undefined);
    expect(currencies).toHaveLength(155 + 10 + 14);
    for (const { code, minorUnits } of currencies)
      for (const language of LANGUAGES)
        fc.assert(
          fc.property(fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -99_999, max: 99_999 })), (amount) => {
            expect(read(moneyText(amount, code, language), language)).toEqual({
              amount: BigInt(amount),
              decimals: minorUnits,
              currency: code,
            });
          }),
          { numRuns: 20 },
        );
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { data as others, publishDate } from 'currency-codes';
import { flawOfCurrency, ISO_4217 } from './iso-4217.js';
import { Currency, PriceCurrency } from './money.js';

/** The numbers of the published lists. */
const PUBLISHED = readFileSync(join(import.meta.dirname, '../data/iso-4217-2026-01-01.csv'), 'utf8')
  .trimEnd()
  .split('\n')
  .slice(1)
  .map((line) => line.split(','));
const currencies = [...ISO_4217.values()];
const ofKind = (kind: string) => currencies.filter((currency) => currency.kind === kind);

describe('the table of ISO 4217', () => {
  test('is what was published: each code with its number, its minor units and its withdrawal', () => {
    const rows = currencies.map(({ code, number = '', minorUnits, kind, withdrawnSince = '' }) =>
      // List three has no minor units.
      [code, number, kind === 'withdrawn' ? '' : String(minorUnits ?? 'N.A.'), withdrawnSince],
    );
    expect(rows.toSorted()).toEqual(PUBLISHED.toSorted());
  });

  test('has as many codes as the lists, each once', () => {
    expect(currencies).toHaveLength(178 + 129);
    const inForce = currencies.filter(({ kind }) => kind !== 'withdrawn');
    expect(inForce).toHaveLength(178);
    // A number is given again only after its currency was withdrawn.
    expect(new Set(inForce.map(({ number }) => number)).size).toBe(178);
    const withDecimals = (count: number | undefined) =>
      inForce.filter(({ minorUnits }) => minorUnits === count).length;
    expect([0, 2, 3, 4, undefined].map(withDecimals)).toEqual([17, 139, 7, 2, 13]);
    expect([ofKind('money').length, ofKind('no-money').length]).toEqual([155, 23]);
    for (const { code, number = '000' } of currencies)
      expect(`${code} ${number}`).toMatch(/^[A-Z]{3} \d{3}$/);
  });

  test('agrees with others who read an earlier edition, but for what changed since', () => {
    expect(publishDate).toBe('2024-06-25');
    const differing = others.flatMap(({ code, number, digits }) => {
      const ours = ISO_4217.get(code);
      const same = ours?.number === number && (ours.minorUnits ?? 0) === digits;
      return same && ours.kind !== 'withdrawn' ? [] : [`${code} ${ours?.withdrawnSince}`];
    });
    expect(differing).toEqual(['ANG 2025-03', 'BGN 2026-01', 'CUC 2021-06']);
    const known = new Set(others.map(({ code }) => code));
    const inForce = currencies.filter(({ kind }) => kind !== 'withdrawn').map(({ code }) => code);
    expect(inForce.filter((code) => !known.has(code))).toEqual(['XCG', 'XAD']);
  });
});

describe('a price', () => {
  const takes = (code: string) => PriceCurrency.safeParse(code);

  test('is in money that is in force; what was priced before stays readable', () => {
    for (const { code, kind } of currencies) {
      expect({ code, taken: takes(code).success }).toEqual({ code, taken: kind === 'money' });
      expect(Currency.safeParse(code).success).toBe(true);
    }
  });

  test.each([
    ['HRK', 'must be a currency in force: HRK was withdrawn in 2023-01'],
    ['ANG', 'must be a currency in force: ANG was withdrawn in 2025-03'],
    ['BGN', 'must be a currency in force: BGN was withdrawn in 2026-01'],
    ['XAU', 'must be money: XAU is a code for a fund, a unit of account, a metal, a test or nothing'],
    ['XTS', 'must be money: XTS is a code for a fund, a unit of account, a metal, a test or nothing'],
    ['CLF', 'must be money: CLF is a code for a fund, a unit of account, a metal, a test or nothing'],
    ['EUX', 'must be a currency of ISO 4217, such as EUR'],
  ])('in %s is refused: it %s', (code, message) => {
    expect(flawOfCurrency(code)).toBe(message);
    expect(takes(code).error?.issues.map((issue) => issue.message)).toEqual([message]);
  });

  test.each(['eur', 'EURO', 'EU', '', ' EUR', 'ЕUR'])('in %j is refused with one reason', (code) => {
    expect(takes(code).error?.issues.map((issue) => issue.message)).toEqual([
      'must be three capital letters, a currency of ISO 4217, such as EUR',
    ]);
  });
});

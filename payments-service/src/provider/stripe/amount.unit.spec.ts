import { ISO_4217 } from '@comanda/contracts';
import { expect, test } from '@jest/globals';
import { amountOfStripe, notPossible, stripeAmount } from './amount.js';

/** Stripe's currencies without decimals, and those with three, copied from https://docs.stripe.com/currencies. */
const WITHOUT_DECIMALS = 'BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF'.split(' ');
const WITH_THREE = 'BHD JOD KWD OMR TND'.split(' ');
/** Without decimals, and yet charged as if they had two. */
const AS_IF_TWO = ['ISK', 'UGX'];

test('one unit of each currency that a price can be in is one unit of it for Stripe', () => {
  const currencies = [...ISO_4217.values()].filter(({ kind }) => kind === 'money');
  expect(currencies).toHaveLength(155);
  for (const { code, minorUnits = Number.NaN } of currencies) {
    const decimals = WITHOUT_DECIMALS.includes(code)
      ? 0
      : WITH_THREE.includes(code)
        ? 3
        : AS_IF_TWO.includes(code)
          ? 2
          : minorUnits;
    expect({ code, amount: stripeAmount(7 * 10 ** minorUnits, code) }).toEqual({
      code,
      amount: 7 * 10 ** decimals,
    });
  }
});

test.each([
  [1_050, 'EUR', 1_050],
  [12_345, 'HUF', 12_345],
  [12_345, 'TWD', 12_345],
  [500, 'JPY', 500],
  [5_120, 'KWD', 5_120],
  [5, 'ISK', 500],
  [5, 'UGX', 500],
  [500, 'MGA', 5],
])('%d %s in minor units is %d for Stripe', (amount, currency, expected) => {
  expect(stripeAmount(amount, currency)).toBe(expected);
});

test('what Stripe can’t express is not rounded', () => {
  expect(stripeAmount(501, 'MGA')).toBeUndefined();
  expect(stripeAmount(Number.MAX_SAFE_INTEGER, 'ISK')).toBeUndefined();
  for (const currency of WITH_THREE)
    for (const last of [1, 5, 9]) expect(stripeAmount(5_120 + last, currency)).toBeUndefined();
});

test('and people are told which amounts there are', () => {
  expect(notPossible(5_125, 'KWD').reason).toBe(
    "The payment provider can't move 5.125 KWD: amounts in KWD must end in 0 at the third decimal.",
  );
  expect(notPossible(501, 'MGA').reason).toBe(
    "The payment provider can't move 5.01 MGA: it must be a whole number of MGA.",
  );
});

test.each(['EUR', 'JPY', 'ISK', 'UGX', 'MGA', 'KWD'])(
  'an amount in %s is ours again when it comes back',
  (currency) => {
    for (const amount of [10, 100, 12_300, 1_000_000]) {
      const there = stripeAmount(amount, currency);
      if (there !== undefined) expect(amountOfStripe(there, currency)).toBe(amount);
    }
    expect(amountOfStripe(0, currency)).toBe(0);
  },
);

import { expect, test } from '@jest/globals';
import { stripeAmount } from './amount.js';

test.each([
  [1_050, 'EUR', 1_050],
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
});

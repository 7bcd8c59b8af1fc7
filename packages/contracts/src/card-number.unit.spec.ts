import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { holdsCardNumber } from './card-number.js';
import { CreateOrder } from './requests/orders.js';
import { PaymentMethod } from './shared-shapes.js';

/** Published numbers for tests, of several networks and lengths. */
const CARDS = [
  '4242424242424242',
  '5555555555554444',
  '378282246310005',
  '6011111111111117',
  '30569309025904',
  '6205500000000000004',
  '676770000005',
];

describe('a card number', () => {
  test.each(CARDS)('%s is known, however it is written', (number) => {
    const groups = number.match(/.{1,4}/g) ?? [];
    for (const separator of ['', ' ', '-', '.', ' - '])
      expect(holdsCardNumber(groups.join(separator))).toBe(true);
  });

  test('is known inside a longer text', () => {
    for (const text of ['card:4242424242424242', 'tok_378282246310005', '5555555555554444/12/29'])
      expect(holdsCardNumber(text)).toBe(true);
  });

  test('with one wrong digit is none', () => {
    const wrong = fc.tuple(fc.constantFrom(...CARDS), fc.nat(), fc.integer({ min: 1, max: 9 }));
    fc.assert(
      fc.property(wrong, ([card, at, by]) => {
        const place = at % card.length;
        const digit = (Number(card[place]) + by) % 10;
        expect(holdsCardNumber(card.slice(0, place) + digit + card.slice(place + 1))).toBe(false);
      }),
    );
  });

  test.each([
    'sim_approved',
    'pm_card_visa',
    'pm_1NxyzAbCdEfGhIjKlMnOpQrS',
    '0190a000-0000-7000-8000-000000000001',
    '0123456789',
    'tok_000000000000',
    '1'.repeat(30),
  ])('%s is none', (text) => expect(holdsCardNumber(text)).toBe(false));
});

test('no message takes a card number for a payment method, and the refusal does not repeat it', () => {
  for (const number of CARDS) {
    const { error } = PaymentMethod.safeParse(number);
    expect(error?.issues.map(({ message }) => message)).toEqual([expect.stringMatching(/token/)]);
    expect(JSON.stringify(error)).not.toContain(number);
  }
  const { paymentMethod } = CreateOrder.data.shape;
  expect(paymentMethod.safeParse('4242-4242-4242-4242').success).toBe(false);
  expect(paymentMethod.safeParse('pm_card_visa').success).toBe(true);
});

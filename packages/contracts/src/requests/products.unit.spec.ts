import { describe, expect, test } from '@jest/globals';
import { newId } from '../ids.js';
import { AdjustStock, BOOKED_REASONS } from './products.js';

const errorsOf = (change: { readonly delta?: number; readonly reason?: string }) =>
  AdjustStock.data
    .safeParse({
      adjustmentId: newId(),
      productId: newId(),
      delta: 1,
      reason: 'Counted',
      actor: 'ana',
      ...change,
    })
    .error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`) ?? [];

describe('a stock adjustment', () => {
  test('by 0 is refused', () => {
    expect(errorsOf({})).toEqual([]);
    for (const delta of [0, -0])
      expect(errorsOf({ delta })).toEqual(['delta must not be 0: that changes nothing']);
  });

  test.each(BOOKED_REASONS)('for the reason %s is refused, however it is written', (reason) => {
    const fullWidth = reason.replaceAll(/[a-z]/g, (small) =>
      String.fromCodePoint((small.codePointAt(0) ?? 0) + 0xfee0),
    );
    for (const written of [
      reason,
      ` ${reason} `,
      reason.toUpperCase(),
      fullWidth,
      reason.replaceAll(' ', '\u00a0\u3000 '),
      reason.replace('e', 'e\u200b').replace('i', '\u00adi'),
    ])
      expect(errorsOf({ reason: written })).toEqual([
        expect.stringMatching(/^reason must not be a word of the books/),
      ]);
    expect(errorsOf({ reason: `${reason} by mistake` })).toEqual([]);
  });
});

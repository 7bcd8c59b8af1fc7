import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { oneLine, plainJson } from './one-line.js';
import { BAD_TEXTS, GOOD_TEXTS } from './testing/some-texts.js';
import { folded, text } from './text.js';

describe('a text that people read', () => {
  const schema = text(200);

  test.each(Object.entries(BAD_TEXTS))('is refused with words of ours: %s', (_what, bad) => {
    const [issue, ...others] = schema.safeParse(bad).error?.issues ?? [];
    expect(issue?.message).toMatch(/^must /);
    expect(others).toEqual([]);
  });

  test.each(Object.entries(GOOD_TEXTS))('stays as it is: %s', (_what, good) => {
    expect(schema.parse(good)).toBe(good);
  });

  test('is kept in one form, without blanks around it', () => {
    expect(schema.parse('\ufeff \u3000cafe\u0301\u00a0')).toBe('café');
  });

  test('has a length in code points, counted in that form', () => {
    const short = text(3);
    expect(short.parse('👍👍👍')).toBe('👍👍👍');
    expect(short.parse(' e\u0301e\u0301e\u0301 ')).toBe('ééé');
    expect(short.safeParse('abcd').error?.issues[0]?.message).toBe(
      'must have at most 3 characters; this has 4',
    );
    expect(text(3, { mayBeEmpty: true }).parse(' ')).toBe('');
  });

  test('that was parsed once is the same when it is parsed again, and one line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (any) => {
        const once = schema.safeParse(any).data;
        if (once === undefined) return;
        expect(schema.parse(once)).toBe(once);
        expect(oneLine(once)).toBe(once);
        expect(Buffer.from(once).toString()).toBe(once);
      }),
    );
  });
});

test('whatever a stranger wrote is one line for who reads it', () => {
  expect(oneLine('a\r\nb\u2028c\u0085d\u202ee\ud83d')).toBe('a b c d e\ufffd');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (any) => {
      expect(oneLine(any)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_C}]/u);
    }),
  );
});

test('JSON in which a stranger wrote has the same meaning and no line but its own', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (any, indented) => {
      const json = JSON.stringify({ any, rest: 'a\u2028b\u009bc\u202ed' }, null, indented ? 2 : 0);
      expect(JSON.parse(plainJson(json))).toEqual(JSON.parse(json));
      expect(plainJson(json).replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_C}]/u);
    }),
  );
});

describe('a folded text', () => {
  test.each([
    ['straße', 'STRAẞE'],
    ['cafe\u0301', 'CAFÉ'],
    ['ЧАЙ', 'чай'],
    ['Σίσυφος', 'ΣΊΣΥΦΟΣ'],
    ['ﬁne Ｃafé', 'FINE CAFE\u0301'],
    ['ΐ', 'Ϊ\u0301'],
    ['İstanbul', 'i\u0307STANBUL'],
    ['co\u00adop\u200b', 'COOP'],
  ])('of %s and of %s is the same', (one, other) => {
    expect(folded(one)).toBe(folded(other));
  });

  test('is the same in every case and every normal form, and folded itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-composite' }), (any) => {
        const once = folded(any);
        expect(folded(once)).toBe(once);
        for (const form of ['NFC', 'NFD', 'NFKC', 'NFKD'] as const)
          expect(folded(any.normalize(form))).toBe(once);
      }),
    );
  });
});

import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { shown, shownLine } from './shown.js';

test.each([
  ['plain, naïve, 日本語 and 👩‍👧', 'plain, naïve, 日本語 and 👩‍👧'],
  ['two\r\nlines\n\tand a tab', 'two\nlines\n\tand a tab'],
  ['a\0b\u001b[31m\u007f\u009b', 'a\\u0000b\\u001b[31m\\u007f\\u009b'],
  ['\u202eevil\u2066\u200f\u061c', '\\u202eevil\\u2066\\u200f\\u061c'],
  ['\ufeffBOM\u200b\u2028\u2029\u00ad', '\\ufeffBOM\\u200b\\u2028\\u2029\\u00ad'],
  ['half \ud83d', 'half \\ud83d'],
  ['tag \u{e0001}', 'tag \\u{e0001}'],
])('%j is shown as %j', (text, expected) => {
  expect(shown(text)).toBe(expected);
});

test('any text is shown without what people can not see and PostgreSQL can not store', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(shown(text)).not.toMatch(/(?![\n\t\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
      const line = shownLine(text, 20);
      expect(line).not.toMatch(/[\n\t]/);
      expect(line.length).toBeLessThanOrEqual(23);
      expect(line.isWellFormed()).toBe(true);
    }),
  );
});

import { describe, expect, test } from '@jest/globals';
import { channelsOf, contactIn, masked, targetOn } from './contact.js';

describe('a contact', () => {
  test('names the channels on which its customer is told', () => {
    expect(channelsOf({})).toEqual([]);
    expect(channelsOf({ email: 'ana@example.com' })).toEqual(['email']);
    expect(channelsOf({ phone: '+34600000000', email: 'ana@example.com' })).toEqual(['email', 'sms']);
    expect(targetOn('sms', { phone: '+34600000000' })).toBe('+34600000000');
    expect(targetOn('sms', { email: 'ana@example.com' })).toBeUndefined();
  });

  test.each([
    ['ana@example.com', 'a***@example.com'],
    ['a@example.com', 'a***@example.com'],
    ['"a@b"@example.com', '"***@example.com'],
    ['+34600123456', '+34***56'],
  ])('is shown masked: %s', (target, shown) => {
    expect(masked(target)).toBe(shown);
  });

  test('that can not be read is refused without a word of it', () => {
    for (const text of ['ana@example.com', '{"email":"ana at example.com"}', '["ana@example.com"]']) {
      expect(() => contactIn(text)).toThrow();
      expect(() => contactIn(text)).not.toThrow(/ana/);
    }
  });
});

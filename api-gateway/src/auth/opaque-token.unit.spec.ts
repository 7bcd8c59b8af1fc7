import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { isSameHash, newOpaqueToken, opaqueTokenIn } from './opaque-token.js';

const PREFIX = 'cmd_live_';

test('a new one is 190 random bits between a prefix and a checksum, of which the first 8 characters may be seen', () => {
  const made = Array.from({ length: 200 }, () => newOpaqueToken(PREFIX));
  for (const { text, handle, hash } of made) {
    expect(text).toMatch(/^cmd_live_[0-9A-Za-z]{38}$/);
    expect(handle).toBe(text.slice(0, 17));
    expect(hash).toBe(createHash('sha256').update(text).digest('base64url'));
    expect(opaqueTokenIn(PREFIX, text)).toEqual({ text, handle, hash });
  }
  expect(new Set(made.map(({ handle }) => handle)).size).toBe(made.length);
  // All of the alphabet is in use.
  expect(new Set(made.flatMap(({ text }) => [...text.slice(PREFIX.length, -6)])).size).toBe(62);
});

test('the checksum is the CRC-32 of what stands before it, in base 62: a scanner can tell without asking us', () => {
  // Worked out apart from this program: crc32("cmd_live_" + 32 times "A") is 342144922.
  const text = `${PREFIX}${'A'.repeat(32)}0N9bWU`;
  expect(opaqueTokenIn(PREFIX, text)?.handle).toBe('cmd_live_AAAAAAAA');
});

test('what was mistyped, cut off, or is of another kind is none', () => {
  const { text } = newOpaqueToken(PREFIX);
  const another = text.at(12) === 'a' ? 'b' : 'a';
  for (const wrong of [
    '',
    PREFIX,
    text.slice(0, -1),
    `${text}0`,
    ` ${text}`,
    text.slice(0, 12) + another + text.slice(13),
    text.replace(PREFIX, 'cmd_test_'),
    `${text.slice(0, -6)}${text.slice(-6) === '000000' ? '000001' : '000000'}`,
    `${PREFIX}${'é'.repeat(38)}`,
  ])
    expect({ wrong, read: opaqueTokenIn(PREFIX, wrong) }).toEqual({ wrong, read: undefined });
});

test('hashes are the same or not, also of other lengths', () => {
  expect(isSameHash('abc', 'abc')).toBe(true);
  for (const other of ['abd', 'ab', '', 'abcd']) expect(isSameHash('abc', other)).toBe(false);
});

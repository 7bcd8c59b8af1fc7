import { describe, expect, test } from '@jest/globals';
import { hash } from 'argon2';
import { fitOf, hashPassword, prepared } from './passwords.js';

/** What the work of one verification depends on. */
const costOf = (hash: string): string => hash.split('$').slice(0, 4).join('$');

test('a password is verified with the same work whether or not there is an account', async () => {
  const stored = await hashPassword('right');
  const verified: { hash: string; password: string }[] = [];
  const recording = async (hash: string, password: string) => {
    verified.push({ hash, password });
    return true;
  };
  expect(await fitOf(stored, 'given', recording)).toBe('fits');
  expect(await fitOf(undefined, 'given', recording)).toBe('differs');
  expect(costOf(stored)).toMatch(/^\$argon2id\$v=19\$m=19456,/);
  expect(verified.map(({ hash, password }) => [costOf(hash), password])).toEqual([
    [costOf(stored), 'given'],
    [costOf(stored), 'given'],
  ]);
});

test('a password fits the hash that was made of it, and no other', async () => {
  const stored = await hashPassword('right');
  expect([await fitOf(stored, 'right'), await fitOf(stored, 'wrong')]).toEqual(['fits', 'differs']);
  expect(await fitOf(undefined, 'the hash of an account that does not exist')).toBe('differs');
});

describe('a password in another form', () => {
  const [NFC, NFD] = ['contraseña-è'.normalize('NFC'), 'contraseña-è'.normalize('NFD')];

  test('fits, whichever of them the hash was made of', async () => {
    for (const [kept, typed] of [
      [NFC, NFD],
      [NFD, NFC],
      ['a\u00a0long\u3000one', 'a long one'],
    ] as const)
      expect(await fitOf(await hashPassword(kept), typed)).toBe('fits');
  });

  test('fits a hash from before only as it was typed then', async () => {
    const before = await hash(NFD);
    expect([await fitOf(before, NFD), await fitOf(before, NFC)]).toEqual(['fits-as-typed', 'differs']);
  });

  test('is verified twice whether or not there is an account', async () => {
    const stored = await hashPassword('another');
    for (const known of [stored, undefined]) {
      const tried: string[] = [];
      const refusing = async (_hash: string, password: string) => tried.push(password) < 0;
      expect(await fitOf(known, NFD, refusing)).toBe('differs');
      expect(tried).toEqual([NFC, NFD]);
    }
  });

  test('keeps its case and its width: these make another one (RFC 8265, section 4.2.2)', () => {
    for (const password of ['Geheim', 'ｐａｓｓｗｏｒｄ', 'ﬁ', ' blanks around ', '👨‍👩‍👧'])
      expect(prepared(password)).toBe(password);
  });
});

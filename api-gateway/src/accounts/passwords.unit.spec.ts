import { expect, test } from '@jest/globals';
import { hashPassword, passwordFits } from './passwords.js';

/** What the work of one verification depends on. */
const costOf = (hash: string): string => hash.split('$').slice(0, 4).join('$');

test('a password is verified with the same work whether or not there is an account', async () => {
  const stored = await hashPassword('right');
  const verified: { hash: string; password: string }[] = [];
  const recording = async (hash: string, password: string) => {
    verified.push({ hash, password });
    return true;
  };
  expect(await passwordFits(stored, 'given', recording)).toBe(true);
  expect(await passwordFits(undefined, 'given', recording)).toBe(false);
  expect(costOf(stored)).toMatch(/^\$argon2id\$v=19\$m=19456,/);
  expect(verified.map(({ hash, password }) => [costOf(hash), password])).toEqual([
    [costOf(stored), 'given'],
    [costOf(stored), 'given'],
  ]);
});

test('a password fits the hash that was made of it, and no other', async () => {
  const stored = await hashPassword('right');
  expect([await passwordFits(stored, 'right'), await passwordFits(stored, 'wrong')]).toEqual([true, false]);
  expect(await passwordFits(undefined, 'the hash of an account that does not exist')).toBe(false);
});

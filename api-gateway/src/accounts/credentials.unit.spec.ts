import { describe, expect, test } from '@jest/globals';
import { Email, NewPassword, Password } from './credentials.js';

describe('an e-mail address', () => {
  test.each([
    [' Ana@Example.org ', 'ana@example.org'],
    ['\u00a0ana@example.org\n', 'ana@example.org'],
    ['ana@bücher.example', 'ana@xn--bcher-kva.example'],
    ['ana@BU\u0308CHER.example', 'ana@xn--bcher-kva.example'],
    ['ana@XN--BCHER-KVA.example', 'ana@xn--bcher-kva.example'],
    ['ana@ｅｘａｍｐｌｅ.org', 'ana@example.org'],
    ['ana@почта.рф', 'ana@xn--80a1acny.xn--p1ai'],
    ["o'neil+shop@example.org", "o'neil+shop@example.org"],
  ])('%j is %s', (typed, kept) => {
    expect(Email.parse(typed)).toBe(kept);
    expect(Email.parse(kept)).toBe(kept);
  });

  test.each([
    '',
    'ana',
    'ana@',
    '@example.org',
    'a b@example.org',
    'ana@exa mple.org',
    'ana@example..org',
    'aná@example.org',
    'ana@example.org\u0000',
    'a\u212a@example',
    'ana@\u200b',
    `${'a'.repeat(250)}@example.org`,
  ])('%j is none', (typed) => {
    expect(Email.safeParse(typed).error?.issues[0]?.message).toMatch(/^must /);
  });
});

describe('a new password', () => {
  const shown = (password: string) => NewPassword.safeParse(password).error?.issues[0]?.message;

  test('is prepared, and counted in code points after that', () => {
    expect(NewPassword.parse('n\u0303'.repeat(8))).toBe('ñ'.repeat(8));
    expect(shown('n\u0303'.repeat(7))).toBe('must have at least 8 characters');
    expect(shown('👍'.repeat(7))).toBe('must have at least 8 characters');
    expect(NewPassword.parse('👍'.repeat(200))).toHaveLength(400);
    expect(shown('👍'.repeat(201))).toBe('must have at most 200 characters');
  });

  test.each([
    'good pass\u0000word',
    'good\npassword',
    'good\u0085password',
    'good\u2028password',
    'good\ud83dpassword',
  ])('%j is refused', (password) => {
    expect(shown(password)).toBe('must hold no control characters and no half of a surrogate pair');
  });

  test('may hold what an old one may not, and the other way round: whoever has an old one logs in with it', () => {
    expect(Password.parse('\t')).toBe('\t');
    expect(Password.safeParse('ñ'.normalize('NFD').repeat(200)).success).toBe(true);
    expect(Password.safeParse('x'.repeat(201)).success).toBe(false);
  });
});

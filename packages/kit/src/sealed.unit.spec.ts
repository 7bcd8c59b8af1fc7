import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { OpeningKey, sealedFor, sealFor } from './sealed.js';

const opener = new OpeningKey(Buffer.alloc(32, 7));
const seal = (text: string, about = 'a thing', recipient = opener.publicKey) =>
  sealFor(recipient, text, about, randomBytes(32));

describe('a sealed text', () => {
  test.each(['', 'whsec_c2VjcmV0', 'ñandú 🦤'.repeat(100)])('opens for its key: %j', (text) => {
    const sealed = seal(text);
    expect(sealedFor(sealed)).toBe(opener.publicKey);
    expect(opener.open(sealed, 'a thing')).toBe(text);
  });

  test('shows nothing of the text, and is never the same twice', () => {
    const [one, other] = [seal('the secret'), seal('the secret')];
    for (const encoding of ['utf8', 'base64url', 'base64', 'hex'] as const)
      expect(one).not.toContain(Buffer.from('the secret').toString(encoding));
    expect(one).not.toBe(other);
  });

  test('does not open for another key, about another thing, or when it was changed', () => {
    const sealed = seal('the secret');
    const other = new OpeningKey(Buffer.alloc(32, 8));
    expect(() => other.open(sealed, 'a thing')).toThrow('not sealed for this key');
    expect(() => other.open(sealed.replace(opener.publicKey, other.publicKey), 'a thing')).toThrow();
    expect(() => opener.open(sealed, 'another thing')).toThrow();
    const [recipient, fresh, content = ''] = sealed.split('.');
    for (let at = 0; at < content.length - 1; at += 5) {
      const changed = `${content.slice(0, at)}${content[at] === 'A' ? 'B' : 'A'}${content.slice(at + 1)}`;
      expect(() => opener.open(`${recipient}.${fresh}.${changed}`, 'a thing')).toThrow();
    }
    for (const nonsense of [
      '',
      'a.b',
      `${recipient}.${fresh}`,
      `${recipient}.${fresh}.`,
      `${recipient}.AAAA.${content}`,
    ])
      expect(() => opener.open(nonsense, 'a thing')).toThrow();
  });

  test('can’t be made for a key that gives everybody the same result (small order)', () => {
    for (const point of [Buffer.alloc(32), Buffer.concat([Buffer.from([1]), Buffer.alloc(31)])])
      expect(() => seal('the secret', 'a thing', point.toString('base64url'))).toThrow();
  });
});

test('the same seed makes the same key', () => {
  expect(opener.publicKey).toMatch(/^[\w-]{43}$/);
  expect(new OpeningKey(Buffer.alloc(32, 7)).publicKey).toBe(opener.publicKey);
  expect(new OpeningKey(Buffer.alloc(32, 8)).publicKey).not.toBe(opener.publicKey);
  expect(() => new OpeningKey(Buffer.alloc(31))).toThrow('32 bytes');
});

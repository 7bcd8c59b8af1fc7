import { sign, verify } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { calculateJwkThumbprint, importJWK } from 'jose';
import { signingKeyOf } from './signing-key.js';

const key = signingKeyOf('a secret', 'proofs');

test('a secret and a purpose make one key, and others make others', () => {
  expect(signingKeyOf('a secret', 'proofs').x).toBe(key.x);
  const others = [signingKeyOf('a secret', 'tokens'), signingKeyOf('another secret', 'proofs')];
  expect(new Set([key, ...others].map(({ kid }) => kid)).size).toBe(3);
});

test('another library takes the public key for what it is, and names it alike', async () => {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: key.x };
  expect(await calculateJwkThumbprint(jwk)).toBe(key.kid);
  const imported = await importJWK(jwk, 'EdDSA');
  const signature = sign(null, Buffer.from('text'), key.privateKey);
  if (imported instanceof Uint8Array) throw new Error('no public key');
  const holds = (text: string) =>
    crypto.subtle.verify('Ed25519', imported, signature, new TextEncoder().encode(text));
  expect([await holds('text'), await holds('texts')]).toEqual([true, false]);
  expect(verify(null, Buffer.from('text'), key.publicKey, signature)).toBe(true);
});

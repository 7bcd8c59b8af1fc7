import { createHash, createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from 'node:crypto';

/** RFC 8410: what stands before the 32 bytes of a private Ed25519 key in PKCS #8. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const SEED_BYTES = 32;

/** A pair of Ed25519 keys. */
export interface SigningKey {
  /** The RFC 7638 thumbprint of the public key. */
  readonly kid: string;
  /** The public key: 32 bytes in base64url. */
  readonly x: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/**
 * The signing key that belongs to a secret, for one purpose: processes that share the secret share the key, and need no
 * file for it. From the key of one purpose nobody learns that of another.
 */
export function signingKeyOf(secret: string, purpose: string): SigningKey {
  const seed = Buffer.from(hkdfSync('sha256', secret, 'comanda', purpose, SEED_BYTES));
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(privateKey);
  const x = String(publicKey.export({ format: 'jwk' }).x);
  return { kid: thumbprint(x), x, privateKey, publicKey };
}

/** Of the members that RFC 7638 wants, in the order of the alphabet. */
const thumbprint = (x: string): string =>
  createHash('sha256')
    .update(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }))
    .digest('base64url');

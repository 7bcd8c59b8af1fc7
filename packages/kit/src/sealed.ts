import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';

/** RFC 8410: what stands before the 32 bytes of a private X25519 key in PKCS #8. */
const PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex');
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Opens what was sealed for it with `sealFor`. Only its holder can: those that carry a sealed text (a broker, a queue, a
 * dead letter) can't read it, and can't change it unnoticed.
 *
 * The way of RFC 9180 (HPKE) in its base mode: X25519 between a fresh key and the opener's, HKDF-SHA256, AES-256-GCM.
 */
export class OpeningKey {
  /** What others seal for: 32 bytes in base64url. No secret. */
  readonly publicKey: string;
  readonly #private: KeyObject;

  /** @param seed 32 random bytes, or bytes derived from a secret; the same ones make the same key */
  constructor(seed: Uint8Array) {
    this.#private = privateKey(seed);
    this.publicKey = publicPart(this.#private);
  }

  /**
   * @param about what it was sealed about: a text that was sealed about something else does not open
   * @throws when it was sealed for another key, about something else, or was changed
   */
  open(sealed: string, about: string): string {
    const [recipient, fresh, content] = sealed.split('.');
    if (recipient !== this.publicKey || fresh === undefined || content === undefined)
      throw new Error('this was not sealed for this key');
    const bytes = Buffer.from(content, 'base64url');
    const shared = diffieHellman({ privateKey: this.#private, publicKey: publicKeyOf(fresh) });
    const { key, iv } = keyAndIv(shared, fresh, recipient);
    const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES }).setAAD(
      Buffer.from(about),
    );
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]).toString('utf8');
  }
}

/**
 * Seals a text for the holder of a key, about one thing.
 *
 * @param randomness 32 random bytes that were used for nothing else
 */
export function sealFor(recipient: string, text: string, about: string, randomness: Uint8Array): string {
  const own = privateKey(randomness);
  const fresh = publicPart(own);
  const shared = diffieHellman({ privateKey: own, publicKey: publicKeyOf(recipient) });
  // The key comes from fresh randomness and seals one text, so its IV need not be random.
  const { key, iv } = keyAndIv(shared, fresh, recipient);
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES }).setAAD(
    Buffer.from(about),
  );
  const content = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return [recipient, fresh, content.toString('base64url')].join('.');
}

/** For whom a text was sealed. */
export const sealedFor = (sealed: string): string => sealed.split('.', 1)[0] ?? '';

function keyAndIv(shared: Buffer, fresh: string, recipient: string): { key: Buffer; iv: Buffer } {
  const bytes = Buffer.from(
    hkdfSync('sha256', shared, `${fresh}.${recipient}`, 'comanda sealed text', KEY_BYTES + IV_BYTES),
  );
  return { key: bytes.subarray(0, KEY_BYTES), iv: bytes.subarray(KEY_BYTES) };
}

function privateKey(seed: Uint8Array): KeyObject {
  if (seed.length !== KEY_BYTES) throw new Error(`a key is made of ${KEY_BYTES} bytes`);
  return createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
}

const publicPart = (key: KeyObject): string => String(createPublicKey(key).export({ format: 'jwk' }).x);

const publicKeyOf = (x: string): KeyObject =>
  createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });

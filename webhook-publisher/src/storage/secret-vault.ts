import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Keeps secrets encrypted at rest: AES-256-GCM under a key derived from the configured one. */
export class SecretVault {
  readonly #key: Buffer;

  constructor(keyMaterial: string) {
    this.#key = Buffer.from(hkdfSync('sha256', keyMaterial, 'comanda', 'webhook secrets', 32));
  }

  /**
   * @param randomness at least 12 bytes that were used for nothing else: GCM breaks when a key is used with an IV twice
   */
  seal(text: string, randomness: Uint8Array): string {
    if (randomness.length < IV_BYTES) throw new Error(`sealing takes ${IV_BYTES} random bytes`);
    const iv = randomness.subarray(0, IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv);
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64');
  }

  /** Throws when the text was sealed under another key, or was changed afterwards. */
  open(sealed: string): string {
    const bytes = Buffer.from(sealed, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, IV_BYTES));
    decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString(
      'utf8',
    );
  }
}

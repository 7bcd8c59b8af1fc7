import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { OpeningKey, sealedFor } from '@comanda/kit';
import { z } from 'zod';

const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/**
 * What the vault sealed, as a column keeps it. The vault opens nothing that is not of this type, so each column that is
 * sealed has it, and `SEALED_COLUMNS` must name them all.
 */
export const SealedAtRest = z.string().brand<'sealed at rest'>();
export type SealedAtRest = z.infer<typeof SealedAtRest>;

/** One entry of WEBHOOK_ENCRYPTION_KEYS. */
export interface VaultKey {
  /** Stands in clear in what the key seals. */
  readonly id: string;
  readonly key: string;
}

/** The subscription that a sealed value belongs to. */
export interface SealedRow {
  readonly tenantId: string;
  readonly subscriptionId: string;
}

/** The order whose contact a sealed value is. */
export interface SealedContact {
  readonly tenantId: string;
  readonly contactOf: string;
}

interface Key {
  readonly id: string;
  /** Seals what is kept. */
  readonly atRest: Buffer;
  /** Opens what comes over the broker. */
  readonly onItsWay: OpeningKey;
}

/** A value that can't be opened; the message says why and names the setting. It never holds the value. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';
}

/**
 * Keeps secrets encrypted at rest: AES-256-GCM, bound to the row that holds the value, so that a value that was copied to
 * another row does not open. The first key seals, all open. A sealed value is `<key id>:<base64 of IV, tag and content>`.
 */
export class SecretVault {
  readonly #first: Key;
  readonly #keys: readonly Key[];

  constructor(first: VaultKey, ...older: readonly VaultKey[]) {
    this.#first = derived(first);
    this.#keys = [this.#first, ...older.map(derived)];
  }

  /** For whom others seal what they send here. */
  get publicKey(): string {
    return this.#first.onItsWay.publicKey;
  }

  /** What every value begins with that the first key sealed. */
  get prefix(): string {
    return `${this.#first.id}:`;
  }

  /**
   * @param randomness at least 12 bytes that were used for nothing else: GCM breaks when a key is used with an IV twice
   */
  seal(text: string, row: SealedRow | SealedContact, randomness: Uint8Array): SealedAtRest {
    if (randomness.length < IV_BYTES) throw new Error(`sealing takes ${IV_BYTES} random bytes`);
    const { id, atRest } = this.#first;
    const iv = randomness.subarray(0, IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', atRest, iv).setAAD(boundTo(id, row));
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    const content = Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64');
    return SealedAtRest.parse(this.prefix + content);
  }

  /** @throws SealBroken when its key is not known, it was sealed for another row, or was changed afterwards */
  open(sealed: SealedAtRest, row: SealedRow | SealedContact): string {
    const [, id = '', content = ''] = /^([^:]*):(.*)$/s.exec(sealed) ?? [];
    const key = this.#keys.find((one) => one.id === id);
    if (id === '') throw new SealBroken('it does not say which key of WEBHOOK_ENCRYPTION_KEYS sealed it');
    if (!key)
      throw new SealBroken(`the key "${id}" sealed it, and WEBHOOK_ENCRYPTION_KEYS has no key of this id`);
    const bytes = Buffer.from(content, 'base64');
    try {
      const iv = bytes.subarray(0, IV_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', key.atRest, iv, { authTagLength: TAG_BYTES });
      decipher.setAAD(boundTo(id, row)).setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      const text = decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES));
      return Buffer.concat([text, decipher.final()]).toString('utf8');
    } catch {
      throw new SealBroken(
        `the key "${id}" of WEBHOOK_ENCRYPTION_KEYS does not open it: another key had this id, or the value was changed or belongs to another row`,
      );
    }
  }

  /** The same value under the first key; `undefined` when that sealed it already. Throws `SealBroken`. */
  reseal(
    sealed: SealedAtRest,
    row: SealedRow | SealedContact,
    randomness: Uint8Array,
  ): SealedAtRest | undefined {
    if (sealed.startsWith(this.prefix)) return undefined;
    return this.seal(this.open(sealed, row), row, randomness);
  }

  /** Whether there is something in a text that was sealed on its way here, for another key than the first. */
  holdsOutdated(text: string): boolean {
    const [, ...older] = this.#keys;
    return older.some(({ onItsWay }) => text.includes(`${onItsWay.publicKey}.`));
  }

  /** Opens what was sealed for one of these keys on its way here. Throws `SealBroken`. */
  receive(sealed: string, about: string): string {
    const key = this.#keys.find(({ onItsWay }) => onItsWay.publicKey === sealedFor(sealed));
    if (!key) throw new SealBroken('it was sealed for a key that WEBHOOK_ENCRYPTION_KEYS does not have');
    try {
      return key.onItsWay.open(sealed, about);
    } catch {
      throw new SealBroken('it was sealed about something else, or was changed');
    }
  }
}

function derived({ id, key }: VaultKey): Key {
  const bytes = (purpose: string) => Buffer.from(hkdfSync('sha256', key, 'comanda', purpose, KEY_BYTES));
  return {
    id,
    atRest: bytes('webhook secrets'),
    onItsWay: new OpeningKey(bytes('webhook secrets on their way')),
  };
}

const boundTo = (keyId: string, row: SealedRow | SealedContact): Buffer =>
  Buffer.from(
    JSON.stringify(
      'contactOf' in row
        ? [keyId, 'contact', row.tenantId, row.contactOf]
        : [keyId, row.tenantId, row.subscriptionId],
    ),
  );

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { newUuidV7 } from './uuid-v7.js';

/** Any RFC 9562 UUID. Ours are version 7 (ordered by time), or version 8 when derived from an Idempotency-Key. */
export const Id = z.uuid();

/** A tenant's name, as in tokens, envelopes, tables and queries. */
export const TenantId = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9_-]{0,63}$/,
    'must be 1 to 64 lower-case letters, digits, - and _, the first no sign',
  );

/** What programs read and people don't choose: a code, a type, a token. Printable ASCII, so that no two look alike. */
export const printable = (most: number) =>
  z
    .string()
    .regex(
      new RegExp(`^[\\x21-\\x7e]{1,${most}}$`),
      `must be 1 to ${most} printable ASCII characters without spaces`,
    );

export const Sku = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 letters (A to Z), digits, dots, dashes or underscores');

/** An e-mail address, its domain in ASCII. The gateway looks more closely at what clients write. */
export const EmailAddress = printable(254).regex(/^[^@]+@[^@]+$/, 'must be an e-mail address');
export const PhoneNumber = z
  .string()
  .regex(/^\+[1-9]\d{6,14}$/, 'must be a phone number in E.164 form, like +34600000000');

/** The public part of a key that opens what is sealed for it (`OpeningKey` in packages/kit). */
export const PublicKey = z.string().regex(/^[\w-]{43}$/, 'must be 32 bytes in base64url');
/** What only the holder of a key can read: `sealFor` in packages/kit makes it. */
export const Sealed = z.string().regex(/^[\w-]{43}\.[\w-]{43}\.[\w-]{22,800}$/, 'must be sealed');

/** The same, of a longer text. */
export const SealedLong = z.string().regex(/^[\w-]{43}\.[\w-]{43}\.[\w-]{22,10000}$/, 'must be sealed');

/**
 * What our own answers gave out as `nextCursor`: a position in a list, with room for the longest text that a list is
 * sorted by, in any alphabet.
 */
export const Cursor = printable(5_000);

/**
 * A code, type or name that a program of ours or of a provider made, on its way out. Nothing is asked of it, as of
 * `StoredText`.
 */
export const Word = z.string();

export const DEFAULT_TENANT = 'default';

/**
 * The tenant of dead letters of which nobody knows whose they are: their bodies name none. No account is ever made in
 * it, so nobody sees them by their tenant.
 */
export const NO_TENANT = 'no-tenant';

/** A new UUIDv7, greater than those that this process made before. */
export const newId = (): string => newUuidV7();

/**
 * The same parts always give the same UUID (version 8, RFC 9562 section 5.8). So a repeated request names the same
 * order and can't create a second one.
 */
export function derivedId(...parts: string[]): string {
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest();
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x80, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString('hex', 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

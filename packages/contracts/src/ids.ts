import { createHash } from 'node:crypto';
import { v7 } from 'uuid';
import { z } from 'zod';

/** Any RFC 9562 UUID. Ours are version 7 (ordered by time), or version 8 when derived from an Idempotency-Key. */
export const Id = z.uuid();

/** A tenant's name, as in tokens, envelopes, tables and queries. */
export const TenantId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'lower-case letters, digits, - and _, at most 64');

export const DEFAULT_TENANT = 'default';

/**
 * The tenant of dead letters of which nobody knows whose they are: their bodies name none. No account is ever made in
 * it, so nobody sees them by their tenant.
 */
export const NO_TENANT = 'no-tenant';

/** A new UUIDv7. */
export const newId = (): string => v7();

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

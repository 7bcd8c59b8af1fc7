import { BoundedMap } from '@comanda/kit';
import { z } from 'zod';
import type { SealedAtRest, SealedRow, SecretVault } from '../../storage/secret-vault.js';
import type { SecretRing } from './secret-ring.js';
import { parseSigningSecret, type SigningSecret } from './signature.js';

const Secret = z.string().transform((text, context): SigningSecret => {
  const parsed = parseSigningSecret(text);
  if (parsed.kind === 'secret') return parsed.secret;
  context.addIssue({ code: 'custom', message: parsed.reason });
  return z.NEVER;
});
const Ring = z.object({
  current: Secret,
  retired: z.array(z.object({ secret: Secret, retiredAt: z.number() })),
  // Rings of an earlier build lack these.
  rotations: z.array(z.string()).default([]),
  headers: z.record(z.string(), z.string()).default({}),
});

const MAX_OPENED = 1_000;

/**
 * A subscription's secrets as one encrypted column. It remembers what it decrypted recently, because a busy
 * subscription signs many times a second.
 */
export class SealedRings {
  readonly #opened = new BoundedMap<string, SecretRing>(MAX_OPENED);

  constructor(private readonly vault: SecretVault) {}

  /** @param randomness fresh for every ring, see `SecretVault.seal` */
  seal(ring: SecretRing, row: SealedRow, randomness: Uint8Array): SealedAtRest {
    return this.vault.seal(JSON.stringify(ring), row, randomness);
  }

  /** Throws `SealBroken` (see `SecretVault.open`). */
  open(sealed: SealedAtRest, row: SealedRow): SecretRing {
    // By its row, too: a value that was copied to another row must not be known there.
    const key = `${row.tenantId} ${row.subscriptionId} ${sealed}`;
    const known = this.#opened.get(key);
    if (known) return known;
    const ring = Ring.parse(JSON.parse(this.vault.open(sealed, row)));
    this.#opened.set(key, ring);
    return ring;
  }
}

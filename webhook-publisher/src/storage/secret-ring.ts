import { z } from 'zod';
import type { SecretRing } from '../domain/secret-rotation.js';
import { parseSecret, type SigningSecret } from '../domain/signature.js';
import type { SecretVault } from './secret-vault.js';

const Secret = z.string().transform((text, context): SigningSecret => {
  const parsed = parseSecret(text);
  if (parsed.ok) return parsed.secret;
  context.addIssue({ code: 'custom', message: parsed.reason });
  return z.NEVER;
});
const Ring = z.object({
  current: Secret,
  retired: z.array(z.object({ secret: Secret, retiredAt: z.number() })),
});

/** A subscription's secrets as one sealed column. */
export const sealRing = (vault: SecretVault, ring: SecretRing): string => vault.seal(JSON.stringify(ring));

const REMEMBERED = 1_000;

/** Opens sealed secrets, and remembers what it opened lately: a busy subscription signs many times a second. */
export class OpenRings {
  readonly #opened = new Map<string, SecretRing>();

  constructor(private readonly vault: SecretVault) {}

  open(sealed: string): SecretRing {
    const known = this.#opened.get(sealed);
    if (known) return known;
    const ring = Ring.parse(JSON.parse(this.vault.open(sealed)));
    this.#opened.set(sealed, ring);
    const [oldest] = this.#opened.keys();
    if (this.#opened.size > REMEMBERED && oldest !== undefined) this.#opened.delete(oldest);
    return ring;
  }
}

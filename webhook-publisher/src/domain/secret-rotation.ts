import type { SigningSecret } from './signature.js';

/** How long a secret still signs after it was replaced, so receivers can change over without losing a webhook. */
export const RETIRED_SECRET_LIFETIME_MS = 24 * 60 * 60 * 1000;

export interface RetiredSecret {
  readonly secret: SigningSecret;
  /** Milliseconds since the epoch. */
  readonly retiredAt: number;
}

export interface SecretRing {
  readonly current: SigningSecret;
  /** Newest first. */
  readonly retired: readonly RetiredSecret[];
}

/** Puts `next` in the place of the current secret and forgets the retired ones whose time is over. */
export function rotateSecret(ring: SecretRing, next: SigningSecret, now: number): SecretRing {
  const retired = [{ secret: ring.current, retiredAt: now }, ...ring.retired];
  return { current: next, retired: retired.filter((old) => isLive(old, now)) };
}

/** The secrets that sign at `now`: the current one first, then those replaced less than 24 h ago. */
export function liveSecrets(ring: SecretRing, now: number): SigningSecret[] {
  return [ring.current, ...ring.retired.filter((old) => isLive(old, now)).map((old) => old.secret)];
}

function isLive(old: RetiredSecret, now: number): boolean {
  return now < old.retiredAt + RETIRED_SECRET_LIFETIME_MS;
}

import type { SigningSecret } from './signature.js';

/** How long a replaced secret still signs, so that receivers lose no webhook during a rotation. */
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

/** The secrets that sign at `now`: the current one first, then those that were replaced less than 24 h ago. */
export function liveSecrets({ current, retired }: SecretRing, now: number): SigningSecret[] {
  const live = retired.filter(({ retiredAt }) => now < retiredAt + RETIRED_SECRET_LIFETIME_MS);
  return [current, ...live.map(({ secret }) => secret)];
}

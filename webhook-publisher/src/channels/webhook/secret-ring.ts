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
  /** The ids of the last rotations, so that none is done twice. */
  readonly rotations: readonly string[];
  /** Custom headers, which are secrets of the subscriber's own. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Receivers look at few signatures: ours at 16 (`packages/client/src/webhooks.ts`). */
const MAX_LIVE = 5;
/** More than fit into the days for which a repeat may come. */
const KEPT_ROTATIONS = 20;

const isLive =
  (now: number) =>
  ({ retiredAt }: RetiredSecret): boolean =>
    now < retiredAt + RETIRED_SECRET_LIFETIME_MS;

/** The secrets that sign at `now`: the current one first, then those that were replaced less than 24 h ago. */
export function liveSecrets({ current, retired }: SecretRing, now: number): SigningSecret[] {
  return [current, ...retired.filter(isLive(now)).map(({ secret }) => secret)];
}

/**
 * When the next secret may be made, in milliseconds since the epoch: not while as many sign as may. `undefined` means now.
 */
export function fullUntil({ retired }: SecretRing, now: number): number | undefined {
  const oldest = retired.filter(isLive(now))[MAX_LIVE - 2];
  return oldest && oldest.retiredAt + RETIRED_SECRET_LIFETIME_MS;
}

/** The ring with a new secret. What signs no more is forgotten. */
export const rotated = (
  { current, retired, rotations, headers }: SecretRing,
  secret: SigningSecret,
  { rotationId, now }: { readonly rotationId: string; readonly now: number },
): SecretRing => ({
  current: secret,
  retired: [{ secret: current, retiredAt: now }, ...retired.filter(isLive(now))],
  rotations: [rotationId, ...rotations].slice(0, KEPT_ROTATIONS),
  headers,
});

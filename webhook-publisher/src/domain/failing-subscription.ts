/** A subscription of which every attempt has failed for this long is disabled, and an event informs staff. */
export const DISABLE_AFTER_MS = 5 * 24 * 60 * 60 * 1000;

/**
 * Whether a subscription must be disabled.
 *
 * @param failingSince when the first attempt failed after the last one that succeeded, in milliseconds since the epoch
 */
export const mustDisable = (failingSince: number, now: number): boolean =>
  now - failingSince >= DISABLE_AFTER_MS;

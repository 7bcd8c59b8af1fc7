/** A subscription that has only failed for this long is disabled, and staff are told. */
export const DISABLE_AFTER_MS = 5 * 24 * 60 * 60 * 1000;

/** Since when a subscription has had nothing but failures; absent while its last outcome was good. */
export interface FailureStreak {
  /** Milliseconds since the epoch. */
  readonly failingSince?: number;
}

/** Counts one attempt in: a success ends the streak, a failure begins or prolongs it. */
export function recordOutcome(streak: FailureStreak, succeeded: boolean, now: number): FailureStreak {
  return succeeded ? {} : { failingSince: streak.failingSince ?? now };
}

/** Has the streak lasted so long that the subscription must be disabled? */
export function mustDisable(streak: FailureStreak, now: number): boolean {
  return streak.failingSince !== undefined && now - streak.failingSince >= DISABLE_AFTER_MS;
}

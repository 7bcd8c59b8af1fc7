/** A subscription whose deliveries have all failed for this long is disabled, and an event informs staff. */
export const DISABLE_AFTER_MS = 5 * 24 * 60 * 60 * 1000;

/** Since when a subscription has only failed; absent while its last attempt succeeded. */
export interface FailureStreak {
  /** Milliseconds since the epoch. */
  readonly failingSince?: number;
}

/** Adds one attempt: a success ends the streak, a failure begins or prolongs it. */
export function recordOutcome(streak: FailureStreak, succeeded: boolean, now: number): FailureStreak {
  return succeeded ? {} : { failingSince: streak.failingSince ?? now };
}

/** Whether the streak has lasted so long that the subscription must be disabled. */
export function mustDisable(streak: FailureStreak, now: number): boolean {
  return streak.failingSince !== undefined && now - streak.failingSince >= DISABLE_AFTER_MS;
}

import type { AttemptResult } from '../domain/attempt-result.js';

/** How many attempts may run at once for an endpoint of which nothing is known yet. */
export const FIRST_WINDOW = 1;

export interface WindowLimits {
  /** The most for an endpoint that answers quickly. */
  readonly maxConcurrent: number;
  /** The most for one that does not. */
  readonly maxConcurrentWhenSlow: number;
  /** What is a quick answer, in milliseconds. */
  readonly quickMs: number;
}

/**
 * How many attempts may run at once after one that ended so: one more after a quick answer, half as many after a
 * failure. So an endpoint that hangs soon holds one place, and one that comes back gets its backlog at a growing pace.
 */
export function nextWindow(
  window: number,
  result: AttemptResult,
  tookMs: number,
  { maxConcurrent, maxConcurrentWhenSlow, quickMs }: WindowLimits,
): number {
  if (result.kind === 'not-attempted') return window;
  if (speaksAgainstEndpoint(result)) return Math.max(1, Math.floor(window / 2));
  if (tookMs <= quickMs) return Math.min(window + 1, maxConcurrent);
  return window < maxConcurrentWhenSlow ? window + 1 : maxConcurrentWhenSlow;
}

/** A 4xx comes from an endpoint that is alive, what is no status at all does not; an unsafe target was never reached. */
export function speaksAgainstEndpoint(result: AttemptResult): boolean {
  if (result.kind === 'response') return result.status < 200 || result.status >= 500;
  return result.kind === 'failure' && result.reason !== 'unsafe-target';
}

import type { Answered, AttemptResult, NotAttempted } from './attempt-result.js';
import { retryAfterMs } from './retry-after.js';

/** What follows from an attempt. All times are milliseconds since the epoch. */
export type NextStep =
  | { readonly kind: 'delivered' }
  /** The attempt failed: try again, with the attempt counted. */
  | { readonly kind: 'retry'; readonly dueAt: number }
  /** Nothing was sent: ask again then, with the same attempt number. */
  | { readonly kind: 'postpone'; readonly dueAt: number }
  | { readonly kind: 'failed'; readonly reason: 'schedule-used-up' | 'refused' | 'unsafe-target' }
  /** The delivery has failed, and nothing more goes to this subscription. */
  | { readonly kind: 'disable'; readonly reason: 'gone' };

export interface AttemptContext {
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Seconds to wait after the first, second, ... failed attempt. */
  readonly scheduleSeconds: readonly number[];
  readonly now: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export const DEFAULT_SCHEDULE_SECONDS: readonly number[] = [1, 2, 4, 8, 16];
/** A receiver may ask for patience, but not put an event off for ever. */
export const RETRY_AFTER_CAP_MS = 60 * 60 * 1000;
const JITTER = 0.2;

/** Decides what follows an attempt: the table "Delivery rules", in code. */
export function nextStep(result: AttemptResult, context: AttemptContext): NextStep {
  switch (result.kind) {
    case 'response':
      return afterResponse(result, context);
    case 'refused':
      return { kind: 'failed', reason: 'refused' };
    case 'failure':
      // Asking again would only give an attacker more tries at our network.
      if (result.reason === 'unsafe-target') return { kind: 'failed', reason: 'unsafe-target' };
      return retryOrGiveUp(context, 0);
    case 'not-attempted':
      return postpone(result, context);
  }
}

function afterResponse(answer: Answered, context: AttemptContext): NextStep {
  if (answer.status >= 200 && answer.status < 300) return { kind: 'delivered' };
  if (answer.status === 410) return { kind: 'disable', reason: 'gone' };
  const asked = answer.retryAfter === undefined ? undefined : retryAfterMs(answer.retryAfter, context.now);
  return retryOrGiveUp(context, Math.min(asked ?? 0, RETRY_AFTER_CAP_MS));
}

function retryOrGiveUp(context: AttemptContext, atLeastMs: number): NextStep {
  const seconds = context.scheduleSeconds[context.attempt - 1];
  if (seconds === undefined) return { kind: 'failed', reason: 'schedule-used-up' };
  return {
    kind: 'retry',
    dueAt: context.now + Math.max(atLeastMs, jittered(seconds * 1000, context.random)),
  };
}

/** Spread forwards only: what was held back by a limit must not come back before the limit allows it. */
function postpone(held: NotAttempted, context: AttemptContext): NextStep {
  const spread = 1 + JITTER * context.random();
  return { kind: 'postpone', dueAt: context.now + Math.ceil(held.retryAfterMs * spread) };
}

function jittered(ms: number, random: () => number): number {
  return Math.round(ms * (1 - JITTER + 2 * JITTER * random()));
}

import type { Answered, AttemptResult, NotAttempted } from './attempt-result.js';

/** What follows from an attempt. All times are milliseconds since the epoch. */
export type NextStep =
  | { readonly kind: 'delivered' }
  /** The attempt failed: retry, one step further in the schedule. */
  | { readonly kind: 'retry'; readonly dueAt: number }
  /** Nothing was sent: try then, at the same step of the schedule. */
  | { readonly kind: 'postpone'; readonly dueAt: number }
  | {
      readonly kind: 'failed';
      readonly reason: 'schedule-used-up' | 'refused' | 'unsafe-target' | 'undelivered';
    }
  /** The subscriber has moved: send there, now, at the same step of the schedule. */
  | { readonly kind: 'follow'; readonly target: string }
  /** The delivery has failed, and nothing more is sent to this subscription. `why` is for staff. */
  | { readonly kind: 'disable'; readonly reason: 'gone'; readonly why: string };

export interface RetryContext {
  /** How many attempts had failed before this one. */
  readonly failures: number;
  /** How many further steps of the schedule passed while the delivery waited for its endpoint. */
  readonly skipped: number;
  /** Whether this delivery was sent after its subscriber to another target before. */
  readonly moved: boolean;
  /** Seconds to wait after the first, second, ... failed attempt. */
  readonly scheduleSeconds: readonly number[];
  readonly now: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** A receiver may ask for patience, but may not postpone an event for ever. */
export const MAX_RETRY_AFTER_MS = 60 * 60 * 1000;
/** Jitter keeps the retries of many deliveries from coming at the same moment. */
export const JITTER = 0.2;

/** Decides what follows an attempt: the table "Delivery rules", in code. */
export function nextStep(result: AttemptResult, context: RetryContext): NextStep {
  switch (result.kind) {
    case 'response':
      return afterResponse(result, context);
    case 'refused':
      return result.gone === undefined
        ? { kind: 'failed', reason: 'refused' }
        : { kind: 'disable', reason: 'gone', why: result.gone };
    case 'moved':
      // Once: two targets that each name the other would keep us busy.
      return context.moved
        ? { kind: 'failed', reason: 'refused' }
        : { kind: 'follow', target: result.target };
    case 'failure':
      // A retry would only give an attacker more tries at our network.
      if (result.reason === 'unsafe-target') return { kind: 'failed', reason: 'unsafe-target' };
      return retryOrGiveUp(context, 0);
    case 'not-attempted':
      return postpone(result, context);
  }
}

/**
 * How many steps of the schedule a delivery has passed that waited for its endpoint: what is slow, throttled or not sent
 * to at all must not be tried for longer than what is tried again and again.
 */
export function stepsPassed(
  waitedMs: number,
  { failures, skipped, scheduleSeconds }: Pick<RetryContext, 'failures' | 'skipped' | 'scheduleSeconds'>,
): number {
  let left = waitedMs;
  let steps = 0;
  for (const seconds of scheduleSeconds.slice(failures + skipped)) {
    left -= seconds * 1000;
    if (left < 0) break;
    steps++;
  }
  return steps;
}

function afterResponse(answer: Answered, context: RetryContext): NextStep {
  if (answer.status >= 200 && answer.status < 300) return { kind: 'delivered' };
  if (answer.status === 410)
    return { kind: 'disable', reason: 'gone', why: 'The endpoint answered 410 Gone' };
  const asked = (answer.retryAt ?? 0) - context.now;
  return retryOrGiveUp(context, Math.min(asked, MAX_RETRY_AFTER_MS));
}

function retryOrGiveUp(context: RetryContext, atLeastMs: number): NextStep {
  const seconds = context.scheduleSeconds[context.failures + context.skipped];
  if (seconds === undefined) return { kind: 'failed', reason: 'schedule-used-up' };
  return {
    kind: 'retry',
    dueAt: context.now + Math.max(atLeastMs, jittered(seconds * 1000, context.random)),
  };
}

/** The jitter only delays: a limit that held an attempt back must not meet it again too early. */
function postpone(held: NotAttempted, context: RetryContext): NextStep {
  const spread = 1 + JITTER * context.random();
  return { kind: 'postpone', dueAt: context.now + Math.ceil(held.retryAfterMs * spread) };
}

function jittered(ms: number, random: () => number): number {
  return Math.round(ms * (1 - JITTER + 2 * JITTER * random()));
}

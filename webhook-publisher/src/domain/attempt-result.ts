/** The peer answered. `body` holds at most the first 16 KiB of the answer, as text. */
export interface Answered {
  readonly kind: 'response';
  readonly status: number;
  /** The `Retry-After` header as it came: seconds or an HTTP date. */
  readonly retryAfter?: string;
  readonly body: string;
  readonly bodyTruncated: boolean;
  readonly durationMs: number;
}

/** The peer answered, and the channel knows that a retry can't help (Telegram: unknown chat, bot blocked). */
export interface Refused {
  readonly kind: 'refused';
  readonly status: number;
  readonly detail: string;
  readonly durationMs: number;
}

/** We tried and got no complete answer. */
export interface Failed {
  readonly kind: 'failure';
  readonly reason: 'timeout' | 'network' | 'dns' | 'unsafe-target';
  readonly detail: string;
  /** More, for the log alone: it may tell about our own network. */
  readonly cause?: string;
  readonly durationMs: number;
}

/** Nothing was sent: a limit of our own held the attempt back. It uses up no attempt of the retry schedule. */
export interface NotAttempted {
  readonly kind: 'not-attempted';
  readonly reason: 'breaker-open' | 'busy' | 'throttled';
  readonly detail: string;
  /** When to ask again, in milliseconds from now. */
  readonly retryAfterMs: number;
}

/** Every result that one attempt can have, on any channel. */
export type AttemptResult = Answered | Refused | Failed | NotAttempted;

export const timedOut = (timeoutMs: number, durationMs: number): Failed => ({
  kind: 'failure',
  reason: 'timeout',
  detail: `no complete answer within ${timeoutMs} ms`,
  durationMs,
});

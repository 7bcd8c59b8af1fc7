/** The peer answered: its status decides. */
export interface Answered {
  readonly kind: 'response';
  readonly status: number;
  /** Until when it asked us to wait, in milliseconds since the epoch. */
  readonly retryAt?: number;
  /** At most the first 16 KiB of the answer, as text that people can look at. */
  readonly body: string;
  /** What people should know besides: the body was cut off, or where the receiver has moved. */
  readonly note?: string;
  readonly durationMs: number;
  /** What Twilio calls the text, when it is to tell what becomes of it. */
  readonly sid?: string;
}

/** The peer answered, and the channel knows that a retry can't help (Telegram: unknown chat, bot blocked). */
export interface Refused {
  readonly kind: 'refused';
  readonly status: number;
  readonly detail: string;
  /** Why nothing more may be sent to this subscription; absent when the refusal is about this one message. */
  readonly gone?: string;
  readonly note?: string;
  readonly durationMs: number;
}

/** The peer answered that the subscriber is to be found at another target from now on. */
export interface Moved {
  readonly kind: 'moved';
  readonly status: number;
  readonly detail: string;
  readonly target: string;
  readonly durationMs: number;
}

/** We got no status. */
export interface Failed {
  readonly kind: 'failure';
  readonly reason: 'timeout' | 'network' | 'dns' | 'unsafe-target' | 'not-configured';
  readonly detail: string;
  /** More, for the log alone: it may tell about our own network. */
  readonly cause?: string;
  readonly durationMs: number;
}

/** Nothing was sent: a limit of our own held the attempt back. It uses up no attempt of the retry schedule. */
export interface NotAttempted {
  readonly kind: 'not-attempted';
  readonly reason: 'breaker-open' | 'busy' | 'throttled' | 'muted';
  readonly detail: string;
  /** When to ask again, in milliseconds from now. */
  readonly retryAfterMs: number;
}

/** Every result that one attempt can have, on any channel. */
export type AttemptResult = Answered | Refused | Moved | Failed | NotAttempted;

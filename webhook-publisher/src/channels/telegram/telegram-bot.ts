import { performance } from 'node:perf_hooks';
import { Api, GrammyError, HttpError } from 'grammy';
import { type Answered, type AttemptResult, type Failed, timedOut } from '../../domain/attempt-result.js';
import { askToSend, recordHold, recordSent, type ThrottleState, UNUSED_THROTTLE } from './throttle.js';

export interface TelegramBotOptions {
  readonly token: string;
  /** Without a trailing slash. */
  readonly apiRoot: string;
  /** For the whole call, in milliseconds. */
  readonly timeoutMs: number;
  readonly clock: () => Date;
}

export interface TelegramMessage {
  /** A user's or group's id, or the `@name` of a public channel. */
  readonly chatId: string;
  /** In the HTML subset of the Bot API, at most 4096 characters. */
  readonly html: string;
}

/** With these codes the Bot API says that a retry can't help: a bad chat or text, a blocked bot. */
const PERMANENT_CODES = new Set([400, 403]);

/**
 * The client of the Bot API. Its throttle, a rate limit of our own, counts what this process sends. Several processes
 * together may exceed a limit; then the API's 429 holds them back.
 *
 * @see https://core.telegram.org/bots/api#sendmessage
 */
export class TelegramBot {
  readonly #api: Api;
  readonly #timeoutMs: number;
  readonly #clock: () => Date;
  #throttle: ThrottleState = UNUSED_THROTTLE;

  constructor({ token, apiRoot, timeoutMs, clock }: TelegramBotOptions) {
    this.#api = new Api(token, { apiRoot, timeoutSeconds: timeoutMs / 1000 });
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  /** Sends once, or answers `not-attempted` when a rate limit says to wait. Never retries by itself. */
  async send({ chatId, html }: TelegramMessage): Promise<AttemptResult> {
    const askedAt = this.#now();
    const permission = askToSend(this.#throttle, chatId, askedAt);
    if (permission.kind === 'wait') return throttled(permission.untilMs - askedAt);
    this.#throttle = recordSent(this.#throttle, chatId, askedAt);

    const startedAt = performance.now();
    try {
      const sent = await this.#api.sendMessage(chatId, html, {
        parse_mode: 'HTML',
        // A link in a name leads nobody's phone to a stranger's server.
        link_preview_options: { is_disabled: true },
      });
      return answered(200, JSON.stringify({ messageId: sent.message_id }), elapsedSince(startedAt));
    } catch (error) {
      const durationMs = elapsedSince(startedAt);
      if (error instanceof HttpError) return fromHttpError(error, durationMs, this.#timeoutMs);
      if (!(error instanceof GrammyError)) throw error;
      const wait = error.parameters.retry_after;
      if (wait !== undefined) {
        const now = this.#now();
        this.#throttle = recordHold(this.#throttle, { chatId, untilMs: now + wait * 1000, now });
      }
      return fromApiError(error, durationMs);
    }
  }

  #now(): number {
    return this.#clock().getTime();
  }
}

function throttled(retryAfterMs: number): AttemptResult {
  return {
    kind: 'not-attempted',
    reason: 'throttled',
    detail: 'the limit of this chat is reached',
    retryAfterMs,
  };
}

function answered(status: number, body: string, durationMs: number): Answered {
  return { kind: 'response', status, body, bodyTruncated: false, durationMs };
}

function fromApiError(error: GrammyError, durationMs: number): AttemptResult {
  const { error_code: status, description: detail, parameters } = error;
  if (PERMANENT_CODES.has(status)) return { kind: 'refused', status, detail, durationMs };
  const answer = answered(status, detail, durationMs);
  const wait = parameters.retry_after;
  return wait === undefined ? answer : { ...answer, retryAfter: String(wait) };
}

/**
 * The client library does not say whether it gave up or was cut off; the clock does. We keep only the code of the
 * cause, because its message holds the URL, and the URL holds the token.
 */
function fromHttpError(error: HttpError, durationMs: number, timeoutMs: number): Failed {
  if (durationMs >= timeoutMs) return timedOut(timeoutMs, durationMs);
  const cause = error.error;
  const code =
    cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
  return { kind: 'failure', reason: 'network', detail: code ?? error.message, durationMs };
}

function elapsedSince(startedAt: number): number {
  return Math.ceil(performance.now() - startedAt);
}

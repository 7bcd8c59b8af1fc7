import { performance } from 'node:perf_hooks';
import { Api, GrammyError, HttpError } from 'grammy';
import type { Answered, AttemptResult, Failed } from '../domain/attempt-result.js';
import { askToSend, recordHold, recordSent, type ThrottleState, UNUSED_THROTTLE } from './throttle.js';

export interface TelegramChannelOptions {
  readonly token: string;
  /** Without a trailing slash; the public Bot API when absent. */
  readonly apiRoot?: string;
  /** For the whole call, in milliseconds. */
  readonly timeoutMs: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

export interface TelegramMessage {
  /** A user's or group's id, or the `@name` of a public channel. */
  readonly chatId: string;
  /** In the HTML subset of the Bot API, at most 4096 characters. */
  readonly html: string;
}

export interface TelegramChannel {
  /** Sends once, or answers `not-attempted` when the chat's limit says to wait. Never retries by itself. */
  send(message: TelegramMessage): Promise<AttemptResult>;
}

/** The Bot API says with these that asking again will not help: a bad chat or text, a blocked bot. */
const PERMANENT_CODES = new Set([400, 403]);

/**
 * The Telegram channel. Its throttle counts what this process sends; several processes together may go over a
 * limit, and then the 429 of the API holds them back.
 *
 * @see https://core.telegram.org/bots/api#sendmessage
 */
export function createTelegramChannel(options: TelegramChannelOptions): TelegramChannel {
  const api = new Api(options.token, {
    timeoutSeconds: options.timeoutMs / 1000,
    ...(options.apiRoot !== undefined && { apiRoot: options.apiRoot }),
  });
  const now = options.now ?? Date.now;
  let throttle: ThrottleState = UNUSED_THROTTLE;

  return {
    async send({ chatId, html }) {
      const askedAt = now();
      const permission = askToSend(throttle, chatId, askedAt);
      if (permission.kind === 'wait') return throttled(permission.untilMs - askedAt);
      throttle = recordSent(throttle, chatId, askedAt);

      const startedAt = performance.now();
      try {
        const sent = await api.sendMessage(chatId, html, { parse_mode: 'HTML' });
        return answered(200, JSON.stringify({ messageId: sent.message_id }), elapsedSince(startedAt));
      } catch (error) {
        const durationMs = elapsedSince(startedAt);
        if (error instanceof HttpError) return fromHttpError(error, durationMs, options.timeoutMs);
        if (!(error instanceof GrammyError)) throw error;
        const wait = error.parameters.retry_after;
        if (wait !== undefined) throttle = recordHold(throttle, chatId, now() + wait * 1000, now());
        return fromApiError(error, durationMs);
      }
    },
  };
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
 * The client does not say whether it gave up or was cut off; the clock does. Of the cause only the code is kept:
 * its message holds the URL, and the URL holds the token.
 */
function fromHttpError(error: HttpError, durationMs: number, timeoutMs: number): Failed {
  if (durationMs >= timeoutMs) {
    return {
      kind: 'failure',
      reason: 'timeout',
      detail: `no complete answer within ${timeoutMs} ms`,
      durationMs,
    };
  }
  const cause = error.error;
  const code =
    cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
  return { kind: 'failure', reason: 'network', detail: code ?? error.message, durationMs };
}

function elapsedSince(startedAt: number): number {
  return Math.ceil(performance.now() - startedAt);
}

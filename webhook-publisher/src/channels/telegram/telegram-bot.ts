import { z } from 'zod';
import type { AttemptResult } from '../../domain/attempt-result.js';
import { MAX_RETRY_AFTER_MS } from '../../domain/delivery-outcome.js';
import { noteOf, wishOf } from '../http/answered.js';
import type { HttpAnswer, SafeHttpClient } from '../http/safe-http-client.js';
import { shownLine } from '../http/shown.js';
import { askToSend, recordHold, recordSent, type ThrottleState, UNUSED_THROTTLE } from './throttle.js';

export interface TelegramBotOptions {
  readonly http: Pick<SafeHttpClient, 'post'>;
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

const NumberOrText = z.union([z.number(), z.string()]).transform(String);

/** What the Bot API answers, whatever the status. A part that we can't read must not hide the others. */
const ApiAnswer = z.union([
  z.object({ ok: z.literal(true), result: z.object({ message_id: z.number() }).optional().catch(undefined) }),
  z.object({
    ok: z.literal(false),
    error_code: z.number().int().optional().catch(undefined),
    description: z.string().catch(''),
    parameters: z
      .object({
        retry_after: NumberOrText.optional().catch(undefined),
        migrate_to_chat_id: NumberOrText.pipe(z.string().regex(/^-?\d{1,20}$/))
          .optional()
          .catch(undefined),
      })
      .catch({}),
  }),
]);

/** The chat was never there, or was deleted; every other 400 is about the one message. */
const NO_CHAT = /\b(chat not found|chat was deleted|PEER_ID_INVALID)\b/i;

/** With these the API says that it does not know the bot; the chat is not to blame. */
const OUR_SETTINGS = new Set([401, 404]);

/**
 * The client of the Bot API. Its throttle, a rate limit of our own, counts what this process sends. Several processes
 * together may exceed a limit; then the API's 429 holds them back.
 *
 * @see https://core.telegram.org/bots/api#sendmessage
 */
export class TelegramBot {
  #throttle: ThrottleState = UNUSED_THROTTLE;

  constructor(private readonly options: TelegramBotOptions) {}

  /** Sends once, or answers `not-attempted` when a rate limit says to wait. Never retries by itself. */
  async send({ chatId, html }: TelegramMessage): Promise<AttemptResult> {
    const { http, apiRoot, token, timeoutMs } = this.options;
    const askedAt = this.#now();
    const permission = askToSend(this.#throttle, chatId, askedAt);
    if (permission.kind === 'wait') return throttled(permission.untilMs - askedAt);
    this.#throttle = recordSent(this.#throttle, chatId, askedAt);

    const body = JSON.stringify({
      chat_id: chatId,
      text: html,
      parse_mode: 'HTML',
      // A link in a name leads nobody's phone to a stranger's server.
      link_preview_options: { is_disabled: true },
    });
    const url = `${apiRoot}/bot${token}/sendMessage`;
    const answer = await http.post({ url, body, headers: {} }, { timeoutMs });
    if (answer.kind === 'failure') return answer;
    const now = this.#now();
    const result = resultOf(answer, now, token);
    if (result.kind === 'response' && result.status === 429 && result.retryAt !== undefined) {
      const untilMs = Math.min(result.retryAt, now + MAX_RETRY_AFTER_MS);
      this.#throttle = recordHold(this.#throttle, { chatId, untilMs, now });
    }
    return result;
  }

  /** When the next message may be sent to this chat, in milliseconds since the epoch. */
  freeAt(chatId: string): number {
    const permission = askToSend(this.#throttle, chatId, this.#now());
    return permission.kind === 'wait' ? permission.untilMs : 0;
  }

  #now(): number {
    return this.options.clock().getTime();
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

/**
 * What the API says, or else its status alone: a message that was taken must not be sent twice. What is no answer of the
 * API is not kept: it may repeat the URL, and the URL holds the token.
 */
function resultOf(answer: HttpAnswer, now: number, token: string): AttemptResult {
  const { durationMs } = answer;
  const said = parsed(answer.text);
  if (said?.ok === true) {
    const body = said.result ? JSON.stringify({ messageId: said.result.message_id }) : '';
    return { kind: 'response', status: 200, body, durationMs, ...noteOf(answer.notes) };
  }
  const status = said ? (said.error_code ?? (answer.status < 300 ? 500 : answer.status)) : answer.status;
  const detail = shownLine((said?.description ?? '').replaceAll(token, '[token]'));
  const { retry_after, migrate_to_chat_id } = said?.parameters ?? {};
  if (migrate_to_chat_id !== undefined)
    return { kind: 'moved', status, detail, target: migrate_to_chat_id, durationMs };
  const wish = wishOf(answer, now, retry_after === undefined ? [] : [retry_after]);
  const note = noteOf([
    ...answer.notes,
    ...(said ? [] : ['the answer is none of the Bot API']),
    ...(OUR_SETTINGS.has(status) ? ['is TELEGRAM_BOT_TOKEN right? Telegram does not know it'] : []),
    ...wish.notes,
  ]);
  // A retry can't help. Where there is no chat any more, or the bot was blocked or thrown out, nothing else can either.
  if (status === 403 || (status === 400 && NO_CHAT.test(detail)))
    return {
      kind: 'refused',
      status,
      detail,
      gone: `Telegram answered ${status} ${detail}`,
      durationMs,
      ...note,
    };
  if (status === 400) return { kind: 'refused', status, detail, durationMs, ...note };
  return { kind: 'response', status, body: detail, durationMs, ...wish.retryAt, ...note };
}

function parsed(text: string): z.infer<typeof ApiAnswer> | undefined {
  try {
    return ApiAnswer.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

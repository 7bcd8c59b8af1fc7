import { z } from 'zod';
import { EVERYWHERE } from '../http/address-rules.js';
import { SafeHttpClient } from '../http/safe-http-client.js';
import { shownLine } from '../http/shown.js';

/** How long Telegram holds a question when nothing is new, in seconds. */
const POLL_SECONDS = 25;
/** So few at once that their answer fits whatever their texts are. */
const MOST_UPDATES = 10;
const MOST_BYTES = 1024 * 1024;

export interface TelegramUpdatesOptions {
  readonly http: Pick<SafeHttpClient, 'post'>;
  readonly token: string;
  /** Without a trailing slash. */
  readonly apiRoot: string;
  readonly pollSeconds: number;
  /** How long it may take besides, in milliseconds. */
  readonly timeoutMs: number;
}

/** What somebody wrote in a chat where the bot is. */
export interface ChatMessage {
  readonly updateId: number;
  readonly chatId: string;
  /** The `@name` of a public chat. */
  readonly chatName: string | undefined;
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly sentAt: number;
}

export type Updates =
  | {
      readonly kind: 'updates';
      /** Messages with a text, in their order. */
      readonly messages: readonly ChatMessage[];
      /** What to ask for next; absent when there was nothing. */
      readonly offset?: number;
    }
  | { readonly kind: 'failed'; readonly why: string }
  /** It was told to stop. */
  | { readonly kind: 'stopped' };

const Message = z.object({
  date: z.int(),
  text: z.string(),
  chat: z.object({ id: z.int(), username: z.string().optional().catch(undefined) }),
});
const Update = z.object({
  update_id: z.int(),
  // One that we can't read must not keep the others from being read.
  message: Message.optional().catch(undefined),
  channel_post: Message.optional().catch(undefined),
});
const Answer = z.union([
  z.object({ ok: z.literal(true), result: z.array(Update) }),
  z.object({ ok: z.literal(false), error_code: z.int(), description: z.string().catch('') }),
]);

/**
 * What people write to the bot, by long polling.
 *
 * @see https://core.telegram.org/bots/api#getupdates
 */
export class TelegramUpdates {
  constructor(private readonly options: TelegramUpdatesOptions) {}

  /** The bot whose updates these are; their numbers are its own. */
  get bot(): string {
    return this.options.token.split(':')[0] ?? '';
  }

  /** How long one call may take, in seconds. */
  get longestSeconds(): number {
    return this.options.pollSeconds + Math.ceil(this.options.timeoutMs / 1000);
  }

  /**
   * Waits for the next updates; those before `offset` are done, and Telegram forgets them. Whatever the network or Telegram
   * does is a result.
   */
  async next(offset: number | undefined, signal: AbortSignal): Promise<Updates> {
    const { http, apiRoot, token, pollSeconds, timeoutMs } = this.options;
    const body = JSON.stringify({
      ...(offset !== undefined && { offset }),
      timeout: pollSeconds,
      limit: MOST_UPDATES,
      allowed_updates: ['message', 'channel_post'],
    });
    const url = `${apiRoot}/bot${token}/getUpdates`;
    const limits = { timeoutMs: pollSeconds * 1000 + timeoutMs, signal };
    const answer = await http.post({ url, body, headers: {} }, limits);
    if (signal.aborted) return { kind: 'stopped' };
    if (answer.kind === 'failure') return { kind: 'failed', why: answer.detail };
    const said = parsed(answer.text);
    if (!said) return { kind: 'failed', why: `${answer.status}, and the answer is none of the Bot API` };
    if (!said.ok) {
      const { error_code, description } = said;
      const words = shownLine(description.replaceAll(token, '[token]'));
      return { kind: 'failed', why: [`${error_code} ${words}`, ...adviceFor(error_code)].join('; ') };
    }
    const last = said.result.at(-1);
    return {
      kind: 'updates',
      messages: said.result.flatMap(messageOf),
      ...(last && { offset: last.update_id + 1 }),
    };
  }
}

function messageOf({ update_id: updateId, ...update }: z.output<typeof Update>): ChatMessage[] {
  const message = update.message ?? update.channel_post;
  if (!message) return [];
  const { chat, text, date } = message;
  const chatName = chat.username === undefined ? undefined : `@${chat.username}`;
  return [{ updateId, chatId: String(chat.id), chatName, text, sentAt: date * 1000 }];
}

function adviceFor(code: number): string[] {
  if (code === 401 || code === 404) return ['is TELEGRAM_BOT_TOKEN right? Telegram does not know it'];
  if (code !== 409) return [];
  return [
    'another program polls this bot, or has set a webhook for it: end that, or set TELEGRAM_COMMANDS=false',
  ];
}

function parsed(text: string): z.output<typeof Answer> | undefined {
  try {
    return Answer.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Nothing when there is no bot, or it is not to be polled. */
export function openTelegramUpdates(settings: {
  readonly TELEGRAM_BOT_TOKEN?: string | undefined;
  readonly TELEGRAM_COMMANDS: boolean;
  readonly TELEGRAM_API_ROOT: string;
  readonly WEBHOOK_TIMEOUT_MS: number;
}): TelegramUpdates | undefined {
  const { TELEGRAM_BOT_TOKEN: token, WEBHOOK_TIMEOUT_MS: timeoutMs } = settings;
  if (token === undefined || !settings.TELEGRAM_COMMANDS) return undefined;
  return new TelegramUpdates({
    // The operator chose where the Bot API is.
    http: new SafeHttpClient({ rules: EVERYWHERE, connectTimeoutMs: timeoutMs, bodyBytes: MOST_BYTES }),
    token,
    apiRoot: settings.TELEGRAM_API_ROOT.replace(/\/$/, ''),
    pollSeconds: POLL_SECONDS,
    timeoutMs,
  });
}

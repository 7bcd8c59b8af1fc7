import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { listen } from './listen.js';

export interface TelegramMessage {
  readonly messageId: number;
  /** RFC 3339, when it arrived. */
  readonly at: string;
  readonly token: string;
  readonly chatId: string;
  readonly text: string;
  /** All fields of the call, `parse_mode` for one. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** How the stub treats the next calls. `times` left out: until told otherwise. */
export type TelegramBehaviour =
  | { readonly kind: 'ok' }
  | {
      readonly kind: 'error';
      /** 400, 403, 429, 500 ... both as HTTP status and as `error_code`. */
      readonly code: number;
      readonly description?: string;
      /** Seconds, given as `parameters.retry_after`. */
      readonly retryAfter?: number;
      readonly times?: number;
    }
  /** Takes the call and never answers. */
  | { readonly kind: 'hang'; readonly times?: number };

/** What somebody writes to the bot. */
export interface WrittenText {
  readonly chatId: number;
  readonly text: string;
  /** The name of a public chat, without `@`. */
  readonly username?: string;
  /** When, in seconds since the epoch; now when it is left out. */
  readonly date?: number;
}

interface Update extends WrittenText {
  readonly updateId: number;
}

/** A `getUpdates` that waits for something new. */
interface Poll {
  readonly offset: number;
  readonly limit: number;
  answer(updates: readonly Update[]): void;
  conflict(): void;
}

export interface TelegramStub {
  /** For `TELEGRAM_API_ROOT`. */
  readonly url: string;
  readonly port: number;
  /** The messages that were accepted, oldest first. */
  readonly messages: readonly TelegramMessage[];
  /** How many calls came in, refused and unanswered ones too. */
  readonly calls: number;
  /** How the next calls of `sendMessage` are treated. */
  behave(behaviour: TelegramBehaviour): void;
  /** Somebody writes to the bot: the next `getUpdates` has it. */
  write(text: WrittenText): void;
  /** The `offset` of each call of `getUpdates`, in their order; 0 where it named none. */
  readonly polls: readonly number[];
  /** How the next calls of `getUpdates` are refused; not at all when nothing is given. */
  refusePolls(refusal?: { readonly code: number; readonly description?: string }): void;
  stop(): Promise<void>;
}

/**
 * A stand-in for Telegram's Bot API (https://core.telegram.org/bots/api#sendmessage) on loopback:
 * `POST /bot<token>/sendMessage` and `getUpdates` with JSON or a form, and `GET /messages` for people.
 */
export async function startTelegramStub(options: { port?: number } = {}): Promise<TelegramStub> {
  const messages: TelegramMessage[] = [];
  let behaviour: TelegramBehaviour = { kind: 'ok' };
  let calls = 0;
  let updates: Update[] = [];
  let lastUpdate = 1000;
  const polls: number[] = [];
  let pollRefusal: { readonly code: number; readonly description?: string } | undefined;
  let waiting: Poll | undefined;

  /** What is new to it, at once or within its `timeout`; a later poll ends it, as Telegram has one at a time. */
  const poll = (response: ServerResponse, fields: Record<string, unknown>): void => {
    const offset = Number(fields.offset ?? 0);
    polls.push(offset);
    if (pollRefusal) {
      refuse(response, pollRefusal.code, pollRefusal.description);
      return;
    }
    waiting?.conflict();
    updates = updates.filter(({ updateId }) => updateId >= offset);
    const end = (answer: () => void): void => {
      clearTimeout(timer);
      if (waiting === mine) waiting = undefined;
      answer();
    };
    const mine: Poll = {
      offset,
      limit: Number(fields.limit ?? 100),
      answer: (found) => end(() => reply(response, 200, { ok: true, result: found.map(asUpdate) })),
      conflict: () => end(() => refuse(response, 409)),
    };
    const timer = setTimeout(() => mine.answer([]), Number(fields.timeout ?? 0) * 1000);
    response.on('close', () => end(() => undefined));
    waiting = mine;
    tellWaiting();
  };
  const tellWaiting = (): void => {
    if (waiting && updates.length > 0) waiting.answer(updates.slice(0, waiting.limit));
  };

  const nextBehaviour = (): TelegramBehaviour => {
    const current = behaviour;
    if (current.kind !== 'ok' && current.times !== undefined) {
      behaviour = current.times > 1 ? { ...current, times: current.times - 1 } : { kind: 'ok' };
    }
    return current;
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method === 'GET' && request.url === '/messages')
      return reply(response, 200, { items: messages });
    const [, token, method] = /^\/bot([^/]+)\/(sendMessage|getUpdates)$/.exec(request.url ?? '') ?? [];
    if (request.method !== 'POST' || token === undefined) return refuse(response, 404, 'Not Found');
    const fields = parseFields(request.headers['content-type'] ?? '', await text(request));
    if (method === 'getUpdates') return poll(response, fields);
    calls += 1;
    const now = nextBehaviour();
    if (now.kind === 'hang') return;
    if (now.kind === 'error') return refuse(response, now.code, now.description, now.retryAfter);
    const message = accept(token, fields, messages.length + 1);
    if (typeof message === 'string') return refuse(response, 400, message);
    messages.push(message);
    reply(response, 200, { ok: true, result: asTelegramResult(message) });
  };

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => refuse(response, 500, String(error)));
  });
  const port = await listen(server, options.port);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    messages,
    get calls() {
      return calls;
    },
    behave: (next) => {
      behaviour = next;
    },
    write: (written) => {
      lastUpdate += 1;
      updates.push({ updateId: lastUpdate, ...written });
      tellWaiting();
    },
    polls,
    refusePolls: (refusal) => {
      pollRefusal = refusal;
      if (refusal) waiting?.conflict();
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The message, or why Telegram would refuse it. */
function accept(token: string, fields: Record<string, unknown>, messageId: number): TelegramMessage | string {
  const { chat_id: chatId, text: body } = fields;
  if (chatId === undefined || chatId === '') return 'Bad Request: chat_id is empty';
  if (typeof body !== 'string' || body === '') return 'Bad Request: message text is empty';
  return { messageId, at: new Date().toISOString(), token, chatId: String(chatId), text: body, fields };
}

function asTelegramResult(message: TelegramMessage): object {
  const id = Number(message.chatId);
  return {
    message_id: message.messageId,
    date: Math.floor(Date.parse(message.at) / 1000),
    chat: { id: Number.isNaN(id) ? message.chatId : id, type: 'private' },
    text: message.text,
  };
}

const asUpdate = ({
  updateId,
  chatId,
  text: body,
  username,
  date = Math.floor(Date.now() / 1000),
}: Update) => ({
  update_id: updateId,
  message: {
    message_id: updateId,
    date,
    chat: { id: chatId, type: chatId < 0 ? 'supergroup' : 'private', ...(username && { username }) },
    text: body,
  },
});

function parseFields(contentType: string, body: string): Record<string, unknown> {
  if (!contentType.includes('json')) return Object.fromEntries(new URLSearchParams(body));
  const parsed: unknown = JSON.parse(body);
  return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request: chat not found',
  401: 'Unauthorized',
  403: 'Forbidden: bot was blocked by the user',
  409: 'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running',
  429: 'Too Many Requests',
};

function refuse(response: ServerResponse, code: number, description?: string, retryAfter?: number): void {
  reply(response, code, {
    ok: false,
    error_code: code,
    description: description ?? REASONS[code] ?? 'Internal Server Error',
    ...(retryAfter !== undefined && { parameters: { retry_after: retryAfter } }),
  });
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
